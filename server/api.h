/* SPDX-License-Identifier: MIT */
/*
 * api.h -- every handler; routes.c says when which is called.
 * One file a resource: api_model.c has api_model_*, and so on.
 */
#ifndef OFFRAMP_SERVER_API_H
#define OFFRAMP_SERVER_API_H

#include "server/http.h"

handler_fn api_service_health, api_service_ready, api_service_metrics,
    api_service_openapi, api_service_asset;
/* Is there a file of the page at `path`? */
bool api_service_has(const char *path);
handler_fn api_blob_get, api_blob_put;
handler_fn api_agent_open, api_agent_close, api_work_lease, api_work_heartbeat;
handler_fn api_lease_part, api_lease_result, api_lease_release;

handler_fn api_model_create, api_model_list, api_model_get;
handler_fn api_dataset_create, api_dataset_list, api_dataset_get;
handler_fn api_records_create, api_records_list, api_records_get,
    api_records_csv;
handler_fn api_job_create, api_job_list, api_job_get, api_job_parts,
    api_job_cancel;
handler_fn api_profile_list, api_profile_get, api_profile_layers,
    api_profile_epochs, api_profile_env, api_profile_analysis, api_profile_diff,
    api_profile_support, api_model_support, api_device_model_get,
    api_device_model_put;
handler_fn api_import_create;
handler_fn api_cost_list;
handler_fn api_export_list, api_export_get;
handler_fn api_search_create, api_search_list, api_search_get,
    api_search_cancel;
handler_fn api_plan_list, api_plan_get;
handler_fn api_policy_create, api_policy_list, api_policy_get,
    api_policy_cancel, api_policy_resume;
handler_fn api_augmentation_create, api_augmentation_list, api_augmentation_get,
    api_augmentation_cancel, api_augmentation_resume;
handler_fn api_link_create, api_link_list, api_link_get, api_link_cancel;
handler_fn api_validation_create, api_validation_list, api_validation_list_plan,
    api_validation_get, api_validation_cancel, api_validation_resume;
handler_fn api_device_list, api_device_get, api_device_drain, api_device_retire,
    api_device_activate, api_device_reset_health, api_device_chart;

#endif
