package io.slinfer.model;

/**
 * What serving a model takes.
 *
 * @param weightBytes the tensors, mapped from the file
 * @param kvBlockBytes keys and values of one block of {@link
 *     io.slinfer.kvcache.BlockTable#TOKENS_PER_BLOCK} tokens
 * @param scratchBytes activations and logits of one step
 */
public record MemoryNeed(long weightBytes, long kvBlockBytes, long scratchBytes) {}
