package io.slinfer.gateway;

import io.slinfer.engine.ModelSource;
import io.slinfer.request.ModelId;

/**
 * A model that can be called, loaded or not.
 *
 * @param createdSeconds when its file was made, in seconds since 1970
 * @param facts what its file says of it
 * @param contextTokens longest prompt and answer together
 * @param textLoader reads its tokenizer and template
 */
public record ServedModel(
    ModelId id,
    long createdSeconds,
    ModelFacts facts,
    int contextTokens,
    ModelSource source,
    TextSource textLoader) {}
