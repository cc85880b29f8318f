/**
 * The one door to native code: bindings to src/main/native/include, one class a C header.
 *
 * <p>Owns: library loading, method handles, the check of lengths and of the ABI version.
 *
 * <p>May use: java.base only.
 *
 * <p>Must not: let a MethodHandle or an address escape.
 *
 * <p>Thread: any, unless a method says otherwise.
 */
package io.slinfer.ffi;
