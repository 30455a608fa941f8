// From types as a file spells them to types as they are used: indices become the types of a scope.

import type { FunctionTypeDefinition, TypeDefinition, TypeUse } from "./binary/definitions.js";
import { ComponentError } from "./binary/component-error.js";
import type { ResourceType } from "./resource-types.js";
import type { AnyType, InstanceType, Scope } from "./scope.js";
import {
  enumType, flagsType, type FunctionType, handleType, listType, primitiveType, recordType, type ValueType, variantType,
} from "./value-types.js";

/** Everything but a resource, which needs an instance to belong to. */
export type PlainDefinition = Exclude<TypeDefinition, { readonly form: "resource" }>;

export function resolveType(definition: PlainDefinition, scope: Scope, at: number): AnyType {
  const value = (use: TypeUse): ValueType => valueType(use, scope, at);
  const payload = (use: TypeUse | null): ValueType | null => (use === null ? null : value(use));
  switch (definition.form) {
    case "primitive": return primitiveType(definition.type);
    case "record": return recordType(definition.fields.map((field) => value(field.type)));
    case "tuple": return recordType(definition.elements.map(value));
    case "variant": return variantType(definition.cases.map(({ type }) => payload(type)));
    case "option": return variantType([null, value(definition.element)]);
    case "result": return variantType([payload(definition.ok), payload(definition.error)]);
    case "list": return listType(value(definition.element));
    case "flags": return flagsType(definition.names.length);
    case "enum": return enumType(definition.names.length);
    case "own":
    case "borrow": return handleType(definition.form, resourceType(definition.resource, scope, at));
    case "func": return functionType(definition, value);
    case "instance": return { form: "instance", declarations: definition.declarations, scope };
    case "component": return { form: "component" };
  }
}

function functionType(
  { params, result }: FunctionTypeDefinition, value: (use: TypeUse) => ValueType,
): FunctionType {
  return {
    form: "func", params: params.map(({ type }) => value(type)), result: result === null ? null : value(result),
  };
}

function valueType(use: TypeUse, scope: Scope, at: number): ValueType {
  if (typeof use === "string") return primitiveType(use);
  const type = scope.get("type", use, at);
  switch (type.form) {
    case "func": case "instance": case "component": case "host resource": case "guest resource":
      throw new ComponentError(`component: type ${use} is a ${type.form}, not the type of a value, at byte ${at}`);
    default: return type;
  }
}

export function resourceType(index: number, scope: Scope, at: number): ResourceType {
  const type = scope.get("type", index, at);
  if (type.form === "host resource" || type.form === "guest resource") return type;
  throw new ComponentError(`component: type ${index} is a ${type.form}, not a resource, at byte ${at}`);
}

export function functionTypeAt(index: number, scope: Scope, at: number): FunctionType {
  const type = scope.get("type", index, at);
  if (type.form === "func") return type;
  throw new ComponentError(`component: type ${index} is a ${type.form}, not a function, at byte ${at}`);
}

export function instanceTypeAt(index: number, scope: Scope, at: number): InstanceType {
  const type = scope.get("type", index, at);
  if (type.form === "instance") return type;
  throw new ComponentError(`component: type ${index} is a ${type.form}, not an instance, at byte ${at}`);
}
