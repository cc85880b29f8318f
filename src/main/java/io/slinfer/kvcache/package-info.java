/**
 * Who holds which KV block: block tables, the prefix index, slabs. Integers only, never tensor
 * bytes.
 *
 * <p>Owns: BlockTable, BlockPool, the prefix index.
 *
 * <p>May use: request.
 *
 * <p>Must not: touch memory, read a clock, know an engine.
 *
 * <p>Thread: confined to the device's owner.
 */
package io.slinfer.kvcache;
