package io.slinfer.model.chat;

import java.util.List;

/** What {@code keys()}, {@code values()} and {@code items()} of a dict return: sized, iterable. */
record DictView(String kind, List<Object> items) {}
