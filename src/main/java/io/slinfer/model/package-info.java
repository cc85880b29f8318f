/**
 * Models as files: what a GGUF file says of its architecture, and the directory they lie in.
 *
 * <p>Owns: the architecture description, the model directory and its watcher.
 *
 * <p>May use: request, kvcache (BlockTable), engine (LoadedModel, ModelSource), model.gguf,
 * model.tokenizer, model.chat.
 *
 * <p>Must not: know kernels, Vert.x or Hazelcast.
 *
 * <p>Thread: descriptions are immutable; the watcher has its own thread.
 */
package io.slinfer.model;
