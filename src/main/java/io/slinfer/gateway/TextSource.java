package io.slinfer.gateway;

import java.io.IOException;
import java.util.concurrent.Callable;

/**
 * Reads a model's tokenizer and template; slow, for a worker thread; throws with a message fit for
 * the caller.
 */
@FunctionalInterface
public interface TextSource extends Callable<ModelText> {

  /**
   * The same for a node that has not the file: a GGUF file without tensors.
   *
   * @throws IOException if there is no file
   */
  default byte[] pack() throws IOException {
    throw new IOException("this model has no file that could be sent");
  }
}
