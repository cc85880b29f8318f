/**
 * One request's life between HTTP and a device.
 *
 * <p>Owns: the catalogue of what can be called, prompts to tokens and tokens to text, stop strings,
 * rules for what answers must be, reading answers as reasoning, text and calls, token routing,
 * cancelling, the promises made to callers; AdmissionVerticle, the publishing of state.
 *
 * <p>May use: the pure ring, cluster, model, model.gguf, model.tokenizer, model.chat, node, config,
 * metrics, Vert.x.
 *
 * <p>Must not: know HTTP or JSON; tokenise long texts on an event loop.
 *
 * <p>Thread: a gateway and its generations are confined to one event loop; the catalogue is safe
 * for any thread.
 */
package io.slinfer.gateway;
