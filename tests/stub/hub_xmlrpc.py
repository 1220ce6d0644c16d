# SPDX-License-Identifier: MIT
"""XML-RPC as the hub reads and writes it: nil, i8, no entities, faults, and its own text form."""
import xmlrpc.client
from xml.parsers import expat

RESPONSE = "<?xml version='1.0'?>\n<methodResponse>\n%s</methodResponse>\n"


class Fault(Exception):
    """What goes wrong in a call, and in a task."""
    code = 1000

    def __init__(self, text, code=None):
        super().__init__(text)
        self.text = text
        if code is not None:
            self.code = code


def kind(name, code):
    return type(name, (Fault,), {"code": code})


GenericError = Fault
LockError = kind("LockError", 1001)
AuthError = kind("AuthError", 1002)
TagError = kind("TagError", 1003)
ActionNotAllowed = kind("ActionNotAllowed", 1004)
BuildError = kind("BuildError", 1005)
AuthLockError = kind("AuthLockError", 1006)
AuthExpired = kind("AuthExpired", 1007)
SequenceError = kind("SequenceError", 1008)
RetryError = kind("RetryError", 1009)
ServerOffline = kind("ServerOffline", 1014)
ParameterError = kind("ParameterError", 1019)


class BadRequest(Exception):
    """A body that is no call: HTTP 400."""


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def dump_int(value, write):
    if -2**31 <= value < 2**31:
        write("<value><int>%d</int></value>\n" % value)
    elif -2**63 <= value < 2**63:
        write("<value><i8>%d</i8></value>\n" % value)
    else:
        raise OverflowError("long int exceeds XML-RPC limits")


def dump_struct(value, write):
    write("<value><struct>\n")
    for name, member in value.items():
        write("<member>\n<name>%s</name>\n" % escape(name))
        DUMPERS[type(member)](member, write)
        write("</member>\n")
    write("</struct></value>\n")


def dump_array(value, write):
    write("<value><array><data>\n")
    for item in value:
        DUMPERS[type(item)](item, write)
    write("</data></array></value>\n")


def dump_object(value, write):
    """base64 and dateTime, which know how to write themselves."""
    value.encode(Writer(write))


class Writer:
    def __init__(self, write):
        self.write = write


DUMPERS = {type(None): lambda value, write: write("<value><nil/></value>"),
           bool: lambda value, write: write("<value><boolean>%d</boolean></value>\n" % value),
           int: dump_int,
           float: lambda value, write: write("<value><double>%r</double></value>\n" % value),
           str: lambda value, write: write("<value><string>%s</string></value>\n" % escape(value)),
           dict: dump_struct, list: dump_array, tuple: dump_array,
           xmlrpc.client.Binary: dump_object, xmlrpc.client.DateTime: dump_object}


def dump(value):
    parts = []
    DUMPERS[type(value)](value, parts.append)
    return "".join(parts)


def response(value):
    return RESPONSE % ("<params>\n<param>\n%s</param>\n</params>\n" % dump(value))


def fault_response(code, text):
    return RESPONSE % ("<fault>\n%s</fault>\n" % dump({"faultCode": code, "faultString": text}))


def call_text(method, params):
    """A call as the hub stores a task's request."""
    inner = "".join("<param>\n%s</param>\n" % dump(p) for p in params)
    return ("<?xml version='1.0'?>\n<methodCall>\n<methodName>%s</methodName>\n<params>\n%s</params>\n"
            "</methodCall>\n" % (method, inner))


def refuse_entity(name, _is_parameter, _value, _base, system_id, public_id, _notation):
    raise BadRequest(f"EntitiesForbidden(name={name!r}, system_id={system_id!r}, public_id={public_id!r})")


def read_call(body):
    """Returns the method's name (None if it has none) and its parameters."""
    if not body:
        raise BadRequest("Empty request")
    reader = xmlrpc.client.Unmarshaller()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    parser.EntityDeclHandler = refuse_entity
    parser.buffer_text = True
    try:
        reader.xml(None, None)
        parser.Parse(body, True)
        params = reader.close()
    except BadRequest:
        raise
    except xmlrpc.client.ResponseError as error:
        raise BadRequest(repr(error)) from error
    except Exception as error:
        raise BadRequest(str(error)) from error
    return reader.getmethodname(), list(params)


def split_named(params):
    """Takes the named arguments, if any, off the end of the parameters."""
    if params and isinstance(params[-1], dict) and params[-1].get("__starstar"):
        named = dict(params[-1])
        del named["__starstar"]
        return params[:-1], named
    return params, {}
