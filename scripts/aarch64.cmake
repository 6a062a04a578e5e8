# Cross-build for aarch64 Linux with Debian's gcc-aarch64-linux-gnu and a
# folder of arm64 packages (scripts/arm64 makes one):
#   cmake --toolchain scripts/aarch64.cmake -DOFFRAMP_SYSROOT=DIR
#     -DOFFRAMP_PROBE_ONLY=ON ..
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_C_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES OFFRAMP_SYSROOT)

set(CMAKE_SYSROOT ${OFFRAMP_SYSROOT})
set(CMAKE_FIND_ROOT_PATH ${OFFRAMP_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)

# pkg-config looks there and nowhere else.
set(ENV{PKG_CONFIG_DIR} "")
set(ENV{PKG_CONFIG_LIBDIR}
  ${OFFRAMP_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${OFFRAMP_SYSROOT}/usr/share/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${OFFRAMP_SYSROOT})
