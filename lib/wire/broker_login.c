/* SPDX-License-Identifier: MIT */
#include "wire/broker_login.h"

#include "wire/authorities.h"

static bool is_set(const char *text)
{
	return text && *text;
}

bool broker_login_has_user(const struct broker_login *login)
{
	return is_set(login->user);
}

bool broker_login_has_certificate(const struct broker_login *login)
{
	return is_set(login->certificate_file);
}

const char *broker_login_authorities(const struct broker_login *login)
{
	return is_set(login->ca_file) ? login->ca_file : authorities_file();
}

const char *broker_login_key(const struct broker_login *login)
{
	return is_set(login->key_file) ? login->key_file : login->certificate_file;
}

char *broker_login_place(const struct broker_login *login)
{
	return g_strdup_printf("%s:%u", login->url->host, login->url->port);
}
