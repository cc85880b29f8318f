package io.slinfer.engine.gpu;

import static io.slinfer.engine.gpu.Cuda.check;

import io.slinfer.ffi.ReservedMemory;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmemAccessDesc;
import jcuda.driver.CUmemAccess_flags;
import jcuda.driver.CUmemGenericAllocationHandle;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/** A GPU through JCuda's binding of the CUDA driver API: each method is one or two calls of it. */
final class CudaDriver implements GpuDriver {

  private static final int PORTABLE = 1;

  private final CUdevice device;
  private final int number;
  private final GpuProperties properties;
  private final CUcontext context = new CUcontext();
  private final CUstream[] streams = new CUstream[STREAMS];
  private final KernelImages images = new KernelImages();

  /** Accessed by the step thread, which alone launches. */
  private final Map<String, CUmodule> modules = new HashMap<>();

  private final Map<Long, CUfunction> kernels = new ConcurrentHashMap<>();
  private final Map<Long, CUgraphExec> graphs = new ConcurrentHashMap<>();
  private final Map<Long, CUmemGenericAllocationHandle> pages = new ConcurrentHashMap<>();
  private final Map<Long, Host> pinned = new ConcurrentHashMap<>();
  private final AtomicLong lastHandle = new AtomicLong();

  /** An address on the device. */
  private static final class Device extends CUdeviceptr {

    Device() {
      super();
    }

    Device(long address) {
      super(new CUdeviceptr(), address);
    }

    long address() {
      return getNativePointer();
    }
  }

  /** An address on the host. */
  private static final class Host extends Pointer {

    long address() {
      return getNativePointer();
    }
  }

  CudaDriver(CUdevice device, int number, GpuProperties properties) {
    this.device = device;
    this.number = number;
    this.properties = properties;
    check(JCudaDriver.cuDevicePrimaryCtxRetain(context, device), "cuDevicePrimaryCtxRetain");
    attach();
    for (int i = 0; i < STREAMS; i++) {
      streams[i] = new CUstream();
      check(
          JCudaDriver.cuStreamCreate(streams[i], CUstream_flags.CU_STREAM_NON_BLOCKING),
          "cuStreamCreate");
    }
  }

  @Override
  public GpuProperties properties() {
    return properties;
  }

  @Override
  public void attach() {
    check(JCudaDriver.cuCtxSetCurrent(context), "cuCtxSetCurrent");
  }

  @Override
  public long freeBytes() {
    long[] free = new long[1];
    check(JCudaDriver.cuMemGetInfo(free, new long[1]), "cuMemGetInfo");
    return free[0];
  }

  @Override
  public long allocate(long bytes) {
    Device pointer = new Device();
    check(JCudaDriver.cuMemAlloc(pointer, bytes), "cuMemAlloc of " + bytes + " bytes");
    return pointer.address();
  }

  @Override
  public void free(long address) {
    check(JCudaDriver.cuMemFree(new Device(address)), "cuMemFree");
  }

  @Override
  public MemorySegment allocatePinned(long bytes) {
    Host pointer = new Host();
    check(
        JCudaDriver.cuMemHostAlloc(pointer, bytes, PORTABLE),
        "cuMemHostAlloc of " + bytes + " bytes");
    pinned.put(pointer.address(), pointer);
    return ReservedMemory.view(pointer.address(), bytes);
  }

  @Override
  public void freePinned(MemorySegment memory) {
    check(JCudaDriver.cuMemFreeHost(pinned.remove(memory.address())), "cuMemFreeHost");
  }

  @Override
  public long reserve(long bytes) {
    Device pointer = new Device();
    check(
        JCudaDriver.cuMemAddressReserve(
            pointer, bytes, properties.pageBytes(), new CUdeviceptr(), 0),
        "cuMemAddressReserve of " + bytes + " bytes");
    return pointer.address();
  }

  @Override
  public void release(long address, long bytes) {
    check(JCudaDriver.cuMemAddressFree(new Device(address), bytes), "cuMemAddressFree");
  }

  @Override
  public long createPages(long bytes) {
    CUmemGenericAllocationHandle handle = new CUmemGenericAllocationHandle();
    check(
        JCudaDriver.cuMemCreate(handle, bytes, Cuda.pageKind(number), 0),
        "cuMemCreate of " + bytes + " bytes");
    long id = lastHandle.incrementAndGet();
    pages.put(id, handle);
    return id;
  }

  @Override
  public void destroyPages(long handle) {
    check(JCudaDriver.cuMemRelease(pages.remove(handle)), "cuMemRelease");
  }

  @Override
  public void map(long address, long bytes, long handle) {
    Device to = new Device(address);
    check(JCudaDriver.cuMemMap(to, bytes, 0, pages.get(handle), 0), "cuMemMap");
    CUmemAccessDesc access = new CUmemAccessDesc();
    access.location = Cuda.location(number);
    access.flags = CUmemAccess_flags.CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
    try {
      check(
          JCudaDriver.cuMemSetAccess(to, bytes, new CUmemAccessDesc[] {access}, 1),
          "cuMemSetAccess");
    } catch (RuntimeException | Error failure) {
      unmap(address, bytes);
      throw failure;
    }
  }

  @Override
  public void unmap(long address, long bytes) {
    check(JCudaDriver.cuMemUnmap(new Device(address), bytes), "cuMemUnmap");
  }

  @Override
  public void copyToDevice(int stream, long address, MemorySegment host) {
    check(
        JCudaDriver.cuMemcpyHtoDAsync(
            new Device(address), Pointer.to(host.asByteBuffer()), host.byteSize(), streams[stream]),
        "cuMemcpyHtoDAsync");
  }

  @Override
  public void copyToHost(int stream, MemorySegment host, long address) {
    check(
        JCudaDriver.cuMemcpyDtoHAsync(
            Pointer.to(host.asByteBuffer()), new Device(address), host.byteSize(), streams[stream]),
        "cuMemcpyDtoHAsync");
  }

  @Override
  public void synchronize(int stream) {
    check(JCudaDriver.cuStreamSynchronize(streams[stream]), "cuStreamSynchronize");
  }

  @Override
  public long kernel(String name, int sharedBytes) {
    CUfunction function = new CUfunction();
    check(JCudaDriver.cuModuleGetFunction(function, module(name), name), "cuModuleGetFunction");
    if (sharedBytes > 0) {
      check(
          JCudaDriver.cuFuncSetAttribute(
              function,
              CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
              sharedBytes),
          "cuFuncSetAttribute of " + sharedBytes + " bytes of shared memory for " + name);
    }
    long id = lastHandle.incrementAndGet();
    kernels.put(id, function);
    return id;
  }

  /** Machine code where it was built in; else the one kernel's PTX, which the driver compiles. */
  private CUmodule module(String kernel) {
    String name = images.module(kernel);
    CUmodule loaded = modules.get(name);
    if (loaded == null) {
      loaded = modules.get(kernel);
    }
    if (loaded == null) {
      byte[] code = images.machineCode(name, properties.majorMinor());
      loaded = new CUmodule();
      check(
          JCudaDriver.cuModuleLoadData(loaded, code == null ? images.ptx(kernel) : code),
          "cuModuleLoadData of " + kernel);
      modules.put(code == null ? kernel : name, loaded);
    }
    return loaded;
  }

  @Override
  public void launch(
      long kernel, Grid grid, int threads, int sharedBytes, MemorySegment arguments) {
    check(
        JCudaDriver.cuLaunchKernel(
            kernels.get(kernel),
            grid.x(),
            grid.y(),
            grid.z(),
            threads,
            1,
            1,
            sharedBytes,
            streams[COMPUTE],
            Pointer.to(Pointer.to(arguments.asByteBuffer())),
            null),
        "cuLaunchKernel");
  }

  @Override
  public void beginGraph() {
    // Of this thread alone: loads on other threads go on.
    check(
        JCudaDriver.cuStreamBeginCapture(
            streams[COMPUTE], CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
        "cuStreamBeginCapture");
  }

  @Override
  public long endGraph() {
    CUgraph graph = new CUgraph();
    check(JCudaDriver.cuStreamEndCapture(streams[COMPUTE], graph), "cuStreamEndCapture");
    CUgraphExec executable = new CUgraphExec();
    check(JCudaDriver.cuGraphInstantiate(executable, graph, 0), "cuGraphInstantiate");
    check(JCudaDriver.cuGraphDestroy(graph), "cuGraphDestroy");
    long id = lastHandle.incrementAndGet();
    graphs.put(id, executable);
    return id;
  }

  @Override
  public void launchGraph(long graph) {
    check(JCudaDriver.cuGraphLaunch(graphs.get(graph), streams[COMPUTE]), "cuGraphLaunch");
  }

  @Override
  public void destroyGraph(long graph) {
    check(JCudaDriver.cuGraphExecDestroy(graphs.remove(graph)), "cuGraphExecDestroy");
  }

  /** Everything goes with the context; a device that has failed refuses, which changes nothing. */
  @Override
  public void close() {
    for (CUstream stream : streams) {
      JCudaDriver.cuStreamDestroy(stream);
    }
    JCudaDriver.cuDevicePrimaryCtxRelease(device);
  }
}
