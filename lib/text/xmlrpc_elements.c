/* SPDX-License-Identifier: MIT */
#include "text/xmlrpc_elements.h"

#include <glib.h>
#include <string.h>

const struct element_rule element_rules[E__COUNT] = {
	[E_VALUE] = { IN(E_PARAM) | IN(E_DATA) | IN(E_MEMBER) | IN(E_FAULT), AT_MOST_ONE },
	[E_NAME] = { IN(E_MEMBER), TEXT_ONLY },
	[E_MEMBER] = { IN(E_STRUCT), ONE_OF_EACH, IN(E_NAME) | IN(E_VALUE), IN(E_NAME) },
	[E_STRING] = { IN(E_VALUE), TEXT_ONLY },
	[E_INT] = { IN(E_VALUE), TEXT_ONLY },
	[E_NIL] = { IN(E_VALUE), TEXT_ONLY },
	[E_BOOLEAN] = { IN(E_VALUE), TEXT_ONLY },
	[E_DOUBLE] = { IN(E_VALUE), TEXT_ONLY },
	[E_STRUCT] = { IN(E_VALUE), MANY },
	[E_ARRAY] = { IN(E_VALUE), ONE },
	[E_DATA] = { IN(E_ARRAY), MANY },
	[E_BASE64] = { IN(E_VALUE), TEXT_ONLY },
	[E_DATE] = { IN(E_VALUE), TEXT_ONLY },
	[E_PARAM] = { IN(E_PARAMS), ONE },
	[E_PARAMS] = { IN(E_CALL) | IN(E_RESPONSE), MANY }, /* ONE in an answer */
	[E_FAULT] = { IN(E_RESPONSE), ONE },
	[E_METHOD_NAME] = { IN(E_CALL), TEXT_ONLY },
	[E_RESPONSE] = { IN(E_DOCUMENT), ONE },
	[E_CALL] = { IN(E_DOCUMENT), ONE_OF_EACH, IN(E_METHOD_NAME), IN(E_METHOD_NAME) },
	[E_DOCUMENT] = { 0, ONE },
};

/* The frequent ones first; the first name of an element is the one that messages call it by. */
static const struct {
	const char *name;
	enum element element;
} names[] = {
	{ "value", E_VALUE },
	{ "name", E_NAME },
	{ "member", E_MEMBER },
	{ "string", E_STRING },
	{ "int", E_INT },
	{ "nil", E_NIL },
	{ "boolean", E_BOOLEAN },
	{ "double", E_DOUBLE },
	{ "struct", E_STRUCT },
	{ "array", E_ARRAY },
	{ "data", E_DATA },
	{ "i8", E_INT },
	{ "i4", E_INT },
	{ "ex:nil", E_NIL },
	{ "base64", E_BASE64 },
	{ "dateTime.iso8601", E_DATE },
	{ "param", E_PARAM },
	{ "params", E_PARAMS },
	{ "fault", E_FAULT },
	{ "methodName", E_METHOD_NAME },
	{ "methodResponse", E_RESPONSE },
	{ "methodCall", E_CALL },
};

const char *element_name(enum element element)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		if (names[i].element == element)
			return names[i].name;
	return "document";
}

bool element_find(const char *name, enum element *ret)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strcmp(names[i].name, name) == 0) {
			*ret = names[i].element;
			return true;
		}
	}
	return false;
}
