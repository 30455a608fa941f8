// wit-bindgen writes the type of the component into an object file and makes its C file ask for that. We write the
// type into the module after linking (build-guest.mjs), so there is nothing binary to keep.
extern void __component_type_object_force_link_ee_bindings(void);

void __component_type_object_force_link_ee_bindings(void) {}
