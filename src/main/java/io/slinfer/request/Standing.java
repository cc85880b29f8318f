package io.slinfer.request;

/**
 * Who a request is from, and how much it matters.
 *
 * @param caller for fair share; may be empty
 * @param priority higher goes first among those that wait; 0 is ordinary
 */
public record Standing(String caller, int priority) {

  /** Nobody in particular. */
  public static final Standing ORDINARY = new Standing("", 0);
}
