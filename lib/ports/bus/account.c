/* SPDX-License-Identifier: MIT */
#include "ports/bus/account.h"

#include "base/error.h"
#include "base/secret.h"

static bool read_password(const struct bus_options *options, char **ret, GError **error)
{
	if (!*options->user)
		return true;
	if (!*options->password_file)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "bus_user is set, so that bus_password_file is wanted");
	return secret_read(options->password_file, ret, error);
}

bool bus_account_init(struct bus_account *account, const struct bus_options *options,
		      const char *name, GError **error)
{
	account->name = g_strdup(name);
	if (!broker_url_read(options->url, &account->url, error) ||
	    !read_password(options, &account->password, error))
		return false;
	account->login = (struct broker_login){
		.url = &account->url,
		.user = options->user,
		.password = account->password,
		.ca_file = options->ca_file,
		.certificate_file = options->certificate_file,
		.key_file = options->key_file,
		.name = account->name,
	};
	return true;
}

void bus_account_clear(struct bus_account *account)
{
	broker_url_clear(&account->url);
	secret_free(account->password);
	g_free(account->name);
	*account = (struct bus_account){ 0 };
}
