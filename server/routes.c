/* SPDX-License-Identifier: MIT */
/* The whole HTTP surface.  openapi.yaml says the same; a test compares. */
#include "server/api.h"

enum {
    SMALL = 64 << 10, /* what a person or an agent's loop sends */
    LARGE = 64 << 20, /* results: a profile carries its raw epochs */
};

#define ANYONE SCOPE_ANYONE
#define READ   SCOPE_READ
#define AGENT  SCOPE_AGENT
#define SUBMIT SCOPE_SUBMIT

/* clang-format off */
const struct route routes[] = {
    /* service */
    { "GET", "/healthz", api_service_health, ANYONE, BODY_NONE, 0, NULL },
    { "GET", "/readyz", api_service_ready, ANYONE, BODY_NONE, 0, NULL },
    { "GET", "/metrics", api_service_metrics, READ, BODY_NONE, 0, NULL },
    { "GET", "/openapi.yaml", api_service_openapi, ANYONE, BODY_NONE, 0, NULL },
    { "GET", "/", api_service_asset, ANYONE, BODY_NONE, 0, NULL },

    /* blobs */
    { "GET", "/v1/blobs/sha256:{hex}", api_blob_get, READ | AGENT, BODY_NONE, 0, NULL },
    { "PUT", "/v1/blobs/sha256:{hex}", api_blob_put, SUBMIT | AGENT, BODY_FILE, 0, NULL },

    /* models, data, records */
    { "POST", "/v1/models", api_model_create, SUBMIT, BODY_JSON, SMALL, "wait" },
    { "GET", "/v1/models", api_model_list, READ, BODY_NONE, 0, "cursor limit" },
    { "GET", "/v1/models/{id}", api_model_get, READ, BODY_NONE, 0, "wait since" },
    { "GET", "/v1/models/{id}/support", api_model_support, READ, BODY_NONE, 0, "device" },
    { "POST", "/v1/datasets", api_dataset_create, SUBMIT, BODY_JSON, SMALL, "wait" },
    { "GET", "/v1/datasets", api_dataset_list, READ, BODY_NONE, 0, "cursor limit" },
    { "GET", "/v1/datasets/{id}", api_dataset_get, READ, BODY_NONE, 0, "wait since" },
    { "POST", "/v1/records", api_records_create, SUBMIT, BODY_JSON | BODY_CSV, SMALL, "wait name" },
    { "GET", "/v1/records", api_records_list, READ, BODY_NONE, 0, "cursor limit" },
    { "GET", "/v1/records/{id}", api_records_get, READ, BODY_NONE, 0, "wait since" },
    { "GET", "/v1/records/{id}/csv", api_records_csv, READ, BODY_NONE, 0, NULL },

    /* measuring */
    { "POST", "/v1/jobs", api_job_create, SUBMIT, BODY_JSON, SMALL, NULL },
    { "GET", "/v1/jobs", api_job_list, READ, BODY_NONE, 0, "cursor limit state device" },
    { "GET", "/v1/jobs/{id}", api_job_get, READ, BODY_NONE, 0, "wait since" },
    { "GET", "/v1/jobs/{id}/parts", api_job_parts, READ, BODY_NONE, 0, "cursor limit" },
    { "POST", "/v1/jobs/{id}:cancel", api_job_cancel, SUBMIT, BODY_NONE, 0, NULL },
    { "GET", "/v1/profiles", api_profile_list, READ, BODY_NONE, 0, "cursor limit model device job" },
    { "GET", "/v1/profiles/{id}", api_profile_get, READ, BODY_NONE, 0, NULL },
    { "GET", "/v1/profiles/{id}/layers", api_profile_layers, READ, BODY_NONE, 0, "source min_grade" },
    { "GET", "/v1/profiles/{id}/epochs", api_profile_epochs, READ, BODY_NONE, 0, "row" },
    { "GET", "/v1/profiles/{id}/env", api_profile_env, READ, BODY_NONE, 0, NULL },
    { "GET", "/v1/profiles/{id}/support", api_profile_support, READ, BODY_NONE, 0, NULL },
    { "GET", "/v1/profiles/{a}/diff/{b}", api_profile_diff, READ, BODY_NONE, 0, NULL },
    { "GET", "/v1/profiles/{id}/analysis", api_profile_analysis, READ, BODY_NONE, 0, NULL },
    { "POST", "/v1/import", api_import_create, SUBMIT, BODY_JSON, LARGE, NULL },
    { "GET", "/v1/costs", api_cost_list, READ, BODY_NONE, 0, "cursor limit kernel device model level min_grade" },
    { "GET", "/v1/export", api_export_list, READ, BODY_NONE, 0, NULL },
    { "GET", "/v1/export/{format}", api_export_get, READ, BODY_NONE, 0, "profile min_grade source" },

    /* searching */
    { "POST", "/v1/searches", api_search_create, SUBMIT, BODY_JSON, 1 << 20, "wait" },
    { "GET", "/v1/searches", api_search_list, READ, BODY_NONE, 0, "cursor limit" },
    { "GET", "/v1/searches/{id}", api_search_get, READ, BODY_NONE, 0, "wait since" },
    { "POST", "/v1/searches/{id}:cancel", api_search_cancel, SUBMIT, BODY_NONE, 0, NULL },
    { "GET", "/v1/plans", api_plan_list, READ, BODY_NONE, 0, "cursor limit" },
    { "GET", "/v1/plans/{id}", api_plan_get, READ, BODY_NONE, 0, NULL },
    { "POST", "/v1/plans/{id}/validations", api_validation_create, SUBMIT, BODY_JSON, SMALL, "wait" },
    { "GET", "/v1/plans/{id}/validations", api_validation_list_plan, READ, BODY_NONE, 0, "cursor limit" },
    { "POST", "/v1/policies", api_policy_create, SUBMIT, BODY_JSON, 1 << 20, "wait" },
    { "GET", "/v1/policies", api_policy_list, READ, BODY_NONE, 0, "cursor limit" },
    { "GET", "/v1/policies/{id}", api_policy_get, READ, BODY_NONE, 0, "wait since" },
    { "POST", "/v1/policies/{id}:cancel", api_policy_cancel, SUBMIT, BODY_NONE, 0, NULL },
    { "POST", "/v1/policies/{id}:resume", api_policy_resume, SUBMIT, BODY_NONE, 0, NULL },
    { "POST", "/v1/augmentations", api_augmentation_create, SUBMIT, BODY_JSON, SMALL, "wait" },
    { "GET", "/v1/augmentations", api_augmentation_list, READ, BODY_NONE, 0, "cursor limit" },
    { "GET", "/v1/augmentations/{id}", api_augmentation_get, READ, BODY_NONE, 0, "wait since" },
    { "POST", "/v1/augmentations/{id}:cancel", api_augmentation_cancel, SUBMIT, BODY_NONE, 0, NULL },
    { "POST", "/v1/augmentations/{id}:resume", api_augmentation_resume, SUBMIT, BODY_NONE, 0, NULL },
    { "GET", "/v1/validations", api_validation_list, READ, BODY_NONE, 0, "cursor limit" },
    { "GET", "/v1/validations/{id}", api_validation_get, READ, BODY_NONE, 0, "wait since" },
    { "POST", "/v1/validations/{id}:cancel", api_validation_cancel, SUBMIT, BODY_NONE, 0, NULL },
    { "POST", "/v1/validations/{id}:resume", api_validation_resume, SUBMIT, BODY_NONE, 0, NULL },
    { "POST", "/v1/links", api_link_create, SUBMIT, BODY_JSON, SMALL, "wait" },
    { "GET", "/v1/links", api_link_list, READ, BODY_NONE, 0, "cursor limit from to" },
    { "GET", "/v1/links/{id}", api_link_get, READ, BODY_NONE, 0, "wait since" },
    { "POST", "/v1/links/{id}:cancel", api_link_cancel, SUBMIT, BODY_NONE, 0, NULL },

    /* devices */
    { "GET", "/v1/devices", api_device_list, READ, BODY_NONE, 0, "cursor limit" },
    { "GET", "/v1/devices/{name}", api_device_get, READ, BODY_NONE, 0, NULL },
    { "GET", "/v1/devices/{name}/chart", api_device_chart, READ, BODY_NONE, 0, NULL },
    { "GET", "/v1/devices/{name}/model", api_device_model_get, READ, BODY_NONE, 0, "version" },
    { "PUT", "/v1/devices/{name}/model", api_device_model_put, SUBMIT, BODY_JSON, SMALL, NULL },
    { "POST", "/v1/devices/{name}:drain", api_device_drain, SUBMIT, BODY_NONE, 0, NULL },
    { "POST", "/v1/devices/{name}:retire", api_device_retire, SUBMIT, BODY_NONE, 0, NULL },
    { "POST", "/v1/devices/{name}:activate", api_device_activate, SUBMIT, BODY_NONE, 0, NULL },
    { "POST", "/v1/devices/{name}:reset-health", api_device_reset_health, SUBMIT, BODY_NONE, 0, NULL },

    /* agents */
    { "POST", "/v1/agents/{id}/sessions", api_agent_open, AGENT, BODY_JSON, 1 << 20, NULL },
    { "DELETE", "/v1/sessions/{sid}", api_agent_close, AGENT, BODY_NONE, 0, NULL },
    { "POST", "/v1/sessions/{sid}/lease", api_work_lease, AGENT, BODY_JSON, SMALL, "wait" },
    { "POST", "/v1/sessions/{sid}/heartbeat", api_work_heartbeat, AGENT, BODY_JSON, SMALL, NULL },
    { "PUT", "/v1/leases/{lid}/parts/{n}", api_lease_part, AGENT, BODY_JSON, LARGE, NULL },
    { "PUT", "/v1/leases/{lid}/result", api_lease_result, AGENT, BODY_JSON, LARGE, NULL },
    { "POST", "/v1/leases/{lid}:release", api_lease_release, AGENT, BODY_NONE, 0, NULL },

    /* the page's files, after everything else */
    { "GET", "/{file}", api_service_asset, ANYONE, BODY_NONE, 0, NULL },

    { NULL, NULL, NULL, 0, 0, 0, NULL },
};
/* clang-format on */
