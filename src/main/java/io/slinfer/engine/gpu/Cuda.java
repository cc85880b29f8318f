package io.slinfer.engine.gpu;

import io.slinfer.ffi.SystemLibrary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUmemAllocationGranularity_flags;
import jcuda.driver.CUmemAllocationProp;
import jcuda.driver.CUmemAllocationType;
import jcuda.driver.CUmemLocation;
import jcuda.driver.CUmemLocationType;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** The CUDA driver of this machine: whether there is one, and which GPUs it has. Any thread. */
public final class Cuda {

  private static final String LIBRARY = "libcuda.so.1";
  private static final String TEMPORARY = "java.io.tmpdir";

  /** What the committed PTX needs: CUDA 11.0. */
  private static final int OLDEST_DRIVER = 11_000;

  /** Asynchronous copies and the tensor cores' instructions: Ampere. */
  private static final int OLDEST_CAPABILITY = 80;

  private Cuda() {}

  /**
   * Opens a GPU.
   *
   * @param number as the driver counts them, from 0
   * @throws GpuUnavailableException if it cannot be used, saying why and what to do
   */
  public static GpuDriver open(int number) throws GpuUnavailableException {
    if (!SystemLibrary.isThere(LIBRARY)) {
      throw new GpuUnavailableException(
          "no NVIDIA driver is installed (" + LIBRARY + " is not found)");
    }
    try {
      bind();
      return open(number, driverVersion());
    } catch (LinkageError failure) {
      throw new GpuUnavailableException(
          "the NVIDIA driver cannot be used: " + failure.getMessage(), failure);
    } catch (GpuException failure) {
      throw new GpuUnavailableException("the GPU cannot be used: " + failure.getMessage(), failure);
    }
  }

  /**
   * JCuda unpacks its library to a fixed name in the folder for temporary files, where anyone could
   * have put another before: for that moment it gets a folder of its own.
   */
  private static synchronized void bind() throws GpuUnavailableException {
    String usual = System.getProperty(TEMPORARY);
    try {
      Path own = Files.createTempDirectory("slinfer-jcuda");
      System.setProperty(TEMPORARY, own.toString());
      try {
        JCudaDriver.setExceptionsEnabled(false);
      } finally {
        System.setProperty(TEMPORARY, usual);
        delete(own);
      }
    } catch (IOException failure) {
      throw new GpuUnavailableException(
          "JCuda cannot be unpacked in " + usual + ": " + failure.getMessage(), failure);
    }
  }

  /** A mapped library needs its file no longer. */
  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.delete(file);
      }
    }
  }

  private static int driverVersion() throws GpuUnavailableException {
    int result = JCudaDriver.cuInit(0);
    if (result == CUresult.CUDA_ERROR_NO_DEVICE) {
      throw new GpuUnavailableException("the NVIDIA driver sees no GPU");
    }
    check(result, "cuInit");
    int[] version = new int[1];
    check(JCudaDriver.cuDriverGetVersion(version), "cuDriverGetVersion");
    if (version[0] < OLDEST_DRIVER) {
      throw new GpuUnavailableException(
          "the NVIDIA driver is of CUDA "
              + version[0] / 1000
              + "."
              + version[0] % 1000 / 10
              + "; needed: 11.0 or newer (driver 450)");
    }
    return version[0];
  }

  private static GpuDriver open(int number, int version) throws GpuUnavailableException {
    int[] count = new int[1];
    check(JCudaDriver.cuDeviceGetCount(count), "cuDeviceGetCount");
    if (number >= count[0]) {
      throw new GpuUnavailableException(
          "there is no GPU " + number + "; the driver has " + count[0] + ", counted from 0");
    }
    CUdevice device = new CUdevice();
    check(JCudaDriver.cuDeviceGet(device, number), "cuDeviceGet");
    GpuProperties properties = properties(device, number, version);
    if (properties.majorMinor() < OLDEST_CAPABILITY) {
      throw new GpuUnavailableException(
          properties.name()
              + " has compute capability "
              + properties.majorMinor() / 10
              + "."
              + properties.majorMinor() % 10
              + "; needed: 8.0 or newer (Ampere)");
    }
    if (attribute(
            device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED)
        == 0) {
      throw new GpuUnavailableException(
          properties.name() + " cannot map memory (cuMemMap), which KV caches need");
    }
    return new CudaDriver(device, number, properties);
  }

  private static GpuProperties properties(CUdevice device, int number, int version) {
    byte[] name = new byte[256];
    check(JCudaDriver.cuDeviceGetName(name, name.length, device), "cuDeviceGetName");
    int length = 0;
    while (length < name.length && name[length] != 0) {
      length++;
    }
    long[] bytes = new long[1];
    check(JCudaDriver.cuDeviceTotalMem(bytes, device), "cuDeviceTotalMem");
    long[] page = new long[1];
    check(
        JCudaDriver.cuMemGetAllocationGranularity(
            page,
            pageKind(number),
            CUmemAllocationGranularity_flags.CU_MEM_ALLOC_GRANULARITY_RECOMMENDED),
        "cuMemGetAllocationGranularity");
    return new GpuProperties(
        new String(name, 0, length, StandardCharsets.US_ASCII),
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
        10 * attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
            + attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
        version,
        bytes[0],
        page[0],
        attribute(
            device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN));
  }

  private static int attribute(CUdevice device, int attribute) {
    int[] value = new int[1];
    check(JCudaDriver.cuDeviceGetAttribute(value, attribute, device), "cuDeviceGetAttribute");
    return value[0];
  }

  /** Memory on the device itself. */
  static CUmemAllocationProp pageKind(int number) {
    CUmemAllocationProp kind = new CUmemAllocationProp();
    kind.type = CUmemAllocationType.CU_MEM_ALLOCATION_TYPE_PINNED;
    kind.location = location(number);
    return kind;
  }

  static CUmemLocation location(int number) {
    CUmemLocation location = new CUmemLocation();
    location.type = CUmemLocationType.CU_MEM_LOCATION_TYPE_DEVICE;
    location.id = number;
    return location;
  }

  /**
   * Throws what a result stands for.
   *
   * @throws OutOfMemoryError if there was no room
   */
  static void check(int result, String call) {
    if (result == CUresult.CUDA_SUCCESS) {
      return;
    }
    if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
      throw new OutOfMemoryError(call + ": the GPU has no memory left for this");
    }
    throw new GpuException(call, CUresult.stringFor(result));
  }
}
