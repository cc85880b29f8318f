package io.slinfer.ffi;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * The library of native kernels, loaded once from the class path (resource {@code
 * native/libslinfer_cpu.so}) and checked against the ABI version that these bindings were written
 * for. Any thread.
 */
final class NativeLibrary {

  /** As SLINFER_ABI_VERSION in status.h. */
  private static final int ABI_VERSION = 2;

  private static final String RESOURCE = "/native/libslinfer_cpu.so";
  private static final int INVALID_ARGUMENT = 1;
  private static final int OUT_OF_MEMORY = 2;

  @SuppressWarnings("restricted") // the one door to native code
  private static final Linker LINKER = Linker.nativeLinker();

  private static final SymbolLookup SYMBOLS = load();

  private NativeLibrary() {}

  /** A handle to a function that returns a status or another int32. */
  static MethodHandle function(String name, MemoryLayout... arguments) {
    return bind(SYMBOLS, name, arguments);
  }

  /**
   * Throws what a status stands for.
   *
   * @throws IllegalArgumentException if the library refused the arguments
   * @throws OutOfMemoryError if it could not get scratch memory
   */
  static void check(int status, String function) {
    switch (status) {
      case 0 -> {}
      case INVALID_ARGUMENT -> throw new IllegalArgumentException(function + " refused its input");
      case OUT_OF_MEMORY -> throw new OutOfMemoryError(function + ": no native memory");
      default -> throw new IllegalStateException(function + " returned status " + status);
    }
  }

  /** What a method handle threw: these functions throw nothing checked. */
  static RuntimeException rethrow(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    if (thrown instanceof RuntimeException exception) {
      return exception;
    }
    return new IllegalStateException(thrown);
  }

  @SuppressWarnings("restricted") // the one door to native code
  private static MethodHandle bind(SymbolLookup symbols, String name, MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        symbols
            .find(name)
            .orElseThrow(() -> new IllegalStateException(RESOURCE + " has no function " + name)),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
  }

  @SuppressWarnings("restricted") // the one door to native code
  private static SymbolLookup load() {
    Path file = null;
    try (InputStream resource = NativeLibrary.class.getResourceAsStream(RESOURCE)) {
      if (resource == null) {
        throw new IllegalStateException(
            "no native kernels on the class path (" + RESOURCE + "): run scripts/build");
      }
      file = Files.createTempFile("libslinfer_cpu", ".so");
      Files.copy(resource, file, StandardCopyOption.REPLACE_EXISTING);
      SymbolLookup symbols = SymbolLookup.libraryLookup(file, Arena.global());
      int version = (int) bind(symbols, "slinfer_abi_version").invokeExact();
      if (version != ABI_VERSION) {
        throw new IllegalStateException(
            RESOURCE + " has ABI version " + version + "; this build needs " + ABI_VERSION);
      }
      return symbols;
    } catch (IOException failure) {
      throw new UncheckedIOException("native kernels could not be unpacked", failure);
    } catch (Throwable thrown) {
      throw rethrow(thrown);
    } finally {
      deleteIfPossible(file);
    }
  }

  /**
   * The file is not needed once it is mapped; where it cannot go it stays in the temporary folder.
   */
  private static void deleteIfPossible(Path file) {
    if (file != null && !file.toFile().delete()) {
      file.toFile().deleteOnExit();
    }
  }
}
