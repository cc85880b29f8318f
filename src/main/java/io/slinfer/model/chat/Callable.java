package io.slinfer.model.chat;

/** A value that a template can call: a macro, a method, a global function, a recursive loop. */
@FunctionalInterface
interface Callable {

  Object call(Arguments arguments, Budget budget);
}
