/* SPDX-License-Identifier: MIT */
#ifndef OFFRAMP_BASE_VERSION_H
#define OFFRAMP_BASE_VERSION_H

#define OFFRAMP_VERSION "0.1.0"

#endif
