/* SPDX-License-Identifier: MIT */
#include "cgi/handlers.h"

#define API "/rida"

/* clang-format off */
static const struct route routes[] = {
	{ METHOD_GET,   API "/",                                RIGHT_ANYONE, builds_list,    true },
	{ METHOD_GET,   API "/module-builds/",                  RIGHT_ANYONE, builds_list,    false },
	{ METHOD_POST,  API "/module-builds/",                  RIGHT_SUBMIT, builds_submit,  false },
	{ METHOD_GET,   API "/module-builds/{}",                RIGHT_ANYONE, builds_show,    false },
	{ METHOD_PATCH, API "/module-builds/{}",                RIGHT_CHANGE, builds_change,  false },
	{ METHOD_GET,   API "/module-builds/{}/modulemd",       RIGHT_ANYONE, build_modulemd, false },
	{ METHOD_GET,   API "/module-builds/{}/logs/{}/{}/{}",  RIGHT_ANYONE, build_log,      false },
	{ METHOD_GET,   API "/events",                          RIGHT_ANYONE, events_list,    false },
	{ METHOD_GET,   API "/feeds/builds",                    RIGHT_ANYONE, feed_of_all,    false },
	{ METHOD_GET,   API "/feeds/modules/{}",                RIGHT_ANYONE, feed_of_module, false },
	{ METHOD_GET,   API "/feeds/owners/{}",                 RIGHT_ANYONE, feed_of_owner,  false },
	{ METHOD_GET,   API "/build-states/",                   RIGHT_ANYONE, states_list,    false },
	{ METHOD_GET,   API "/status",                          RIGHT_ANYONE, status_show,    false },
	{ METHOD_GET,   API "/metrics",                         RIGHT_ANYONE, metrics,        false },
	{ METHOD_GET,   API "/health/live",                     RIGHT_ANYONE, health_live,    false },
	{ METHOD_GET,   API "/health/ready",                    RIGHT_ANYONE, health_ready,   false },
	{ METHOD_GET,   API "/static/{}",                       RIGHT_ANYONE, static_file,    false },
};
/* clang-format on */
const struct route_table all_routes = { routes, G_N_ELEMENTS(routes) };
