// The entry point of a guest, in place of the one in wasi-libc's crt1.
//
// Old ones (Debian's of 2022) leave constructors and destructors to wrappers that the linker puts around every
// export. A component exports its allocator too, so the first call of that would end standard output. A module that
// names __wasm_call_ctors has no wrappers.
extern void __wasm_call_ctors(void);
extern void __wasm_call_dtors(void);
extern int __main_void(void);
extern _Noreturn void _Exit(int status);
extern void _start(void);

void _start(void) {
  __wasm_call_ctors();
  int status = __main_void();
  __wasm_call_dtors();
  if (status != 0) _Exit(status);
}
