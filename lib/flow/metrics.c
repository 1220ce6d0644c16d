/* SPDX-License-Identifier: MIT */
#include "flow/metrics.h"

#include "config.h"

#include <inttypes.h>

#include "base/meter.h"

static void begin(GString *out, const char *name, const char *help)
{
	g_string_append_printf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void gauge(GString *out, const char *name, const char *help, uint64_t value)
{
	begin(out, name, help);
	g_string_append_printf(out, "%s %" PRIu64 "\n", name, value);
}

static void seconds(GString *out, const char *name, const char *help, int64_t lasting)
{
	begin(out, name, help);
	g_string_append_printf(out, "%s %" PRIi64 ".%03" PRIi64 "\n", name,
			       lasting / G_USEC_PER_SEC, lasting % G_USEC_PER_SEC / 1000);
}

static void append_counted(GString *out, const struct config *config)
{
	g_autoptr(MeterSums) sums = meter_sums_read(config->run_dir);
	unsigned end = METER_END_GOOD;
	const int64_t last = meter_sums_latest(sums, METER_PASS_MOMENT, &end);

	meter_sums_print(sums, out);
	if (!last)
		return;
	seconds(out, "rida_pass_age_seconds", "Time since the last pass on this host.",
		MAX(g_get_real_time() - last * G_USEC_PER_SEC, 0));
	gauge(out, "rida_pass_last_good", "Whether that pass ended well.", end == METER_END_GOOD);
}

static void append_builds(GString *out, const struct overview *overview)
{
	begin(out, "rida_builds", "Builds by state.");
	for (int state = 0; state < BUILD_STATE__COUNT; state++)
		g_string_append_printf(out, "rida_builds{state=\"%s\"} %" PRIu64 "\n",
				       build_states[state].name, overview->states[state]);
	gauge(out, "rida_quarantined_builds", "Builds that wait for an operator.",
	      overview->quarantined);
	gauge(out, "rida_due_builds", "Builds that are due and that no scheduler works on.",
	      overview->due);
	seconds(out, "rida_due_oldest_seconds", "How long the first of them has been due.",
		overview_due_age(overview));
	gauge(out, "rida_open_effects", "Effects that were intended and have no result yet.",
	      overview->open_effects);
}

static void append_messages(GString *out, const struct overview *overview)
{
	gauge(out, "rida_waiting_messages", "Messages that wait to be sent.",
	      overview->waiting_messages);
	seconds(out, "rida_waiting_message_oldest_seconds",
		"How long the first of them has waited.", overview_message_age(overview));
	gauge(out, "rida_dead_messages", "Messages that the bus does not take.",
	      overview->dead_messages);
	gauge(out, "rida_bus_failures", "Failures in a row of sending messages.",
	      overview->bus_failures);
}

void metrics_append(GString *out, const struct config *config, const struct overview *overview)
{
	begin(out, "rida_build_info", "The release that runs here.");
	g_string_append(out, "rida_build_info{version=\"" PACKAGE_VERSION "\"} 1\n");
	append_counted(out, config);
	gauge(out, "rida_database_up", "Whether the database answers.", overview != NULL);
	if (!overview)
		return;
	gauge(out, "rida_database_read_only", "Whether it takes no writes.",
	      overview->is_read_only);
	gauge(out, "rida_maintenance", "Whether maintenance is on.", overview->is_in_maintenance);
	append_builds(out, overview);
	gauge(out, "rida_slots_used", "Component builds that are running or asked for.",
	      overview->building);
	gauge(out, "rida_slots_limit", "So many may be at once; 0: no limit.",
	      config->num_concurrent_builds);
	append_messages(out, overview);
}
