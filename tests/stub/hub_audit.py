# SPDX-License-Identifier: MIT
"""Who was to change which tags and targets, whether or not it was done; and which were listed."""
import inspect
import re

from hub_state import caller, hub
from hub_xmlrpc import split_named

NOTED = re.compile(r"createTag|editTag2?|deleteTag|setInheritanceData|packageList\w+|group\w+Add|massTag|"
                    r"(un)?tagBuild(Bypass)?|(create|edit|delete)BuildTarget|newRepo|repo\.request|build|"
                    r"addExternalRepoToTag|listTagged")
TARGETS = ("target", "buildTargetInfo")
PLACES = TARGETS + ("tag", "tagInfo", "taginfo", "name", "build_tag", "dest_tag")


def name_of(argument, info):
    """The name of what a call names by its number."""
    if not isinstance(info, int):
        return info
    known = {t.id: t for t in hub.targets.values()} if argument in TARGETS else hub.tags_by_id
    return known[info].name if info in known else info


def places(method, function, params):
    """Method, place and user for each place that a call is about; none when it is not of those that are noted."""
    if not NOTED.fullmatch(method):
        return []
    positional, named = split_named(params)
    try:
        given = inspect.signature(function).bind(*positional, **named).arguments
    except TypeError:
        return []
    user = caller()
    return [(method, name_of(a, given[a]), user and user.name) for a in PLACES if given.get(a) is not None]
