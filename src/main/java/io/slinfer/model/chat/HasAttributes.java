package io.slinfer.model.chat;

/** An object of the interpreter's own with named attributes, such as {@code loop}. */
interface HasAttributes {

  /** The attribute's value, undefined if there is none of that name. */
  Object attribute(String name);

  /** The type's name in messages. */
  String typeName();

  /** What an object without such an attribute answers. */
  static Undefined missing(HasAttributes object, String name) {
    return new Undefined("'" + object.typeName() + " object' has no attribute '" + name + "'");
  }
}
