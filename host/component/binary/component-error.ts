// What is wrong with a component file, or with how its parts are put together: one message that names what and where.

export class ComponentError extends Error {
  override readonly name = "ComponentError";
}
