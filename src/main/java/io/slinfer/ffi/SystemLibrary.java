package io.slinfer.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;

/** Libraries of the operating system that may be there or not. Any thread. */
public final class SystemLibrary {

  private SystemLibrary() {}

  /** Whether the loader finds a library by this name, such as {@code libcuda.so.1}. */
  @SuppressWarnings("restricted") // the one door to native code
  public static boolean isThere(String name) {
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup.libraryLookup(name, arena);
      return true;
    } catch (IllegalArgumentException absent) {
      return false;
    }
  }
}
