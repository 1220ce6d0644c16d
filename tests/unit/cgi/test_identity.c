/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "cgi/identity.h"

/* The name that is believed, or ANONYMOUS. */
static char *believed(enum auth_mode auth, const char *marker, char *const *parameters)
{
	g_autofree char *kept = g_strdup(marker);
	struct config config = { .auth = auth, .auth_marker = kept };
	g_auto(WebRequest) request = { 0 };

	web_request_init(&request, parameters, NULL, NULL);
	request.caller = identity_of(&config, &request);
	return g_strdup(identity_name(&request));
}

static void a2_only_the_front_end_is_believed(void **state)
{
	static const struct {
		enum auth_mode auth;
		const char *marker, *first, *second, *third;
		const char *expected;
	} table[] = {
		{ AUTH_FRONT, "basic", "RIDA_AUTH_BY=basic", "REMOTE_USER=alice", "X=", "alice" },
		{ AUTH_NONE, "basic", "RIDA_AUTH_BY=basic", "REMOTE_USER=alice", "X=", ANONYMOUS },
		{ AUTH_FRONT, "", "RIDA_AUTH_BY=", "REMOTE_USER=alice", "X=", ANONYMOUS },
		{ AUTH_FRONT, "basic", "RIDA_AUTH_BY=Basic", "REMOTE_USER=alice", "X=", ANONYMOUS },
		{ AUTH_FRONT, "basic", "RIDA_AUTH_BY=basic ", "REMOTE_USER=alice",
		  "X=", ANONYMOUS },
		{ AUTH_FRONT, "basic", "X=", "REMOTE_USER=alice", "Y=", ANONYMOUS },
		{ AUTH_FRONT, "basic", "HTTP_RIDA_AUTH_BY=basic", "REMOTE_USER=alice",
		  "X=", ANONYMOUS },
		{ AUTH_FRONT, "basic", "RIDA_AUTH_BY=basic", "HTTP_REMOTE_USER=alice",
		  "X=", ANONYMOUS },
		{ AUTH_FRONT, "basic", "RIDA_AUTH_BY=basic", "remote_user=alice", "X=", ANONYMOUS },
		{ AUTH_FRONT, "basic", "RIDA_AUTH_BY=basic", "REMOTE_USER=alice",
		  "RIDA_AUTH_BY=basic", ANONYMOUS },
		{ AUTH_FRONT, "basic", "RIDA_AUTH_BY=basic", "REMOTE_USER=alice", "REMOTE_USER=bob",
		  ANONYMOUS },
		{ AUTH_FRONT, "basic", "RIDA_AUTH_BY=basic", "REMOTE_USER=", "X=", ANONYMOUS },
		{ AUTH_FRONT, "basic", "RIDA_AUTH_BY=basic", "REMOTE_USER=a b", "X=", ANONYMOUS },
		{ AUTH_FRONT, "basic", "RIDA_AUTH_BY=basic", "REMOTE_USER=../x", "X=", ANONYMOUS },
		{ AUTH_FRONT, "basic", "RIDA_AUTH_BY=basic", "REMOTE_USER=<b>", "X=", ANONYMOUS },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *first = g_strdup(table[i].first);
		g_autofree char *second = g_strdup(table[i].second);
		g_autofree char *third = g_strdup(table[i].third);
		g_autofree char *name =
			believed(table[i].auth, table[i].marker, PARAMETERS(first, second, third));

		assert_string_equal(name, table[i].expected);
	}
}

static void a3_a_name_is_taken_with_its_realm(void **state)
{
	static const struct {
		const char *realms, *user, *expected;
	} table[] = {
		{ "", "alice@EXAMPLE.ORG", "alice@EXAMPLE.ORG" },
		{ "", "alice@EVIL.EXAMPLE", "alice@EVIL.EXAMPLE" },
		{ "EXAMPLE.ORG", "alice", "alice" },
		{ "EXAMPLE.ORG", "alice@EXAMPLE.ORG", "alice@EXAMPLE.ORG" },
		{ "EXAMPLE.ORG", "alice@EVIL.EXAMPLE", ANONYMOUS },
		{ "EXAMPLE.ORG", "alice@example.org", ANONYMOUS },
		{ "EXAMPLE.ORG", "alice@EXAMPLE.ORG.EVIL", ANONYMOUS },
		{ "EXAMPLE.ORG", "alice@EVIL@EXAMPLE.ORG", ANONYMOUS },
		{ "EXAMPLE.ORG", "alice@EXAMPLE.ORG@EVIL", ANONYMOUS },
		{ "EXAMPLE.ORG", "alice@", ANONYMOUS },
		{ "", "alice@", ANONYMOUS },
		{ "", "@EXAMPLE.ORG", ANONYMOUS },
		{ "", "alice/admin@EXAMPLE.ORG", ANONYMOUS },
		{ "", "EVIL\\alice", ANONYMOUS },
		{ "", "host/www.example.org@EXAMPLE.ORG", ANONYMOUS },
		{ "", "alice\\@EVIL@EXAMPLE.ORG", ANONYMOUS },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		char marker[] = "basic";
		char *realms[] = { g_strdup(table[i].realms), NULL };
		struct config config = { .auth = AUTH_FRONT,
					 .auth_marker = marker,
					 .auth_realms = realms[0][0] ? realms : NULL };
		g_autofree char *user = g_strconcat("REMOTE_USER=", table[i].user, NULL);
		g_auto(WebRequest) request = { 0 };

		web_request_init(&request, PARAMETERS("RIDA_AUTH_BY=basic", user), NULL, NULL);
		request.caller = identity_of(&config, &request);
		if (strcmp(identity_name(&request), table[i].expected) != 0)
			fail_with("%s is %s", table[i].user, identity_name(&request));
		g_free(realms[0]);
	}
}

static void nobody_is_an_administrator_by_being_anonymous(void **state)
{
	char name[] = "alice", everybody[] = ANONYMOUS;
	char *users[] = { everybody, name, NULL };
	struct web_request nobody = { 0 };
	struct web_request alice = { .caller = name };
	char *none[] = { NULL };

	(void)state;
	assert_false(identity_is_among(&nobody, users));
	assert_true(identity_is_among(&alice, users));
	assert_false(identity_is_among(&alice, none));
	assert_false(identity_is_among(&alice, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a2_only_the_front_end_is_believed),
		cmocka_unit_test(a3_a_name_is_taken_with_its_realm),
		cmocka_unit_test(nobody_is_an_administrator_by_being_anonymous),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
