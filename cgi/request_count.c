/* SPDX-License-Identifier: MIT */
#include "cgi/request_count.h"

#include "base/log.h"
#include "base/meter.h"

#define NO_ROUTE "none"

static void tell_names(void)
{
	meter_name(METER_NAMES_ROUTE, NO_ROUTE);
	for (size_t i = 0; i < all_routes.count; i++) {
		const struct route *route = &all_routes.routes[i];
		g_autofree char *name =
			g_strdup_printf("%s %s", method_name(route->method), route->path);

		meter_name(METER_NAMES_ROUTE, name);
	}
	for (unsigned place = 0; status_at(place); place++) {
		g_autofree char *name = g_strdup_printf("%u", status_at(place));

		meter_name(METER_NAMES_STATUS, name);
	}
}

void request_count_open(const struct config *config)
{
	g_autoptr(GError) problem = NULL;

	tell_names();
	if (!meter_open(config->run_dir, "web", &problem))
		log_warning("meter-not-opened", log_error_text(problem));
}

void request_count(const struct route *route, unsigned status, int64_t microseconds)
{
	const unsigned place = route ? (unsigned)(route - all_routes.routes) + 1 : 0;

	meter_observe(METER_REQUEST_SECONDS, place, status_place(status), microseconds);
}
