package io.slinfer.placement;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.slinfer.placement.NodeOrder.Node;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class NodeOrderTest {

  private static final long MODEL_BYTES = 100;

  private static final Node ROOM = new Node("room", false, true, true, 3, 0, 0, 500);
  private static final Node BUSY = new Node("busy", true, true, true, 9, 2, 400, 500);
  private static final Node LOADING = new Node("loading", false, false, true, 0, 1, 400, 500);
  private static final Node FITS = new Node("fits", false, false, false, 0, 0, 300, 500);
  private static final Node FULL = new Node("full", false, false, false, 0, 0, 20, 500);
  private static final Node SMALL = new Node("small", false, false, false, 0, 0, 50, 50);

  @Test
  void asksWhereTheModelHasRoomThenWhereItIsThenWhereItFits() {
    List<Node> wanted = List.of(ROOM, BUSY, LOADING, FITS, FULL, SMALL);
    for (int seed = 0; seed < 50; seed++) {
      List<Node> nodes = new ArrayList<>(wanted);
      Collections.shuffle(nodes, new Random(seed));
      assertEquals(wanted, NodeOrder.of(nodes, MODEL_BYTES));
    }
  }

  @Test
  void asksTheOwnNodeFirstAmongEquals() {
    Node own = new Node("z", true, true, true, 1, 0, 10, 500);
    assertEquals(List.of(own, ROOM), NodeOrder.of(List.of(ROOM, own), MODEL_BYTES));
    Node ownFits = new Node("z", true, false, false, 0, 0, 150, 500);
    assertEquals(List.of(ownFits, FITS), NodeOrder.of(List.of(FITS, ownFits), MODEL_BYTES));
    assertEquals(List.of(ROOM, ownFits), NodeOrder.of(List.of(ownFits, ROOM), MODEL_BYTES));
  }

  @Test
  void gathersLoadAmongOthers() {
    Node larger = new Node("larger", false, true, true, 5, 0, 0, 500);
    assertEquals(List.of(larger, ROOM), NodeOrder.of(List.of(ROOM, larger), MODEL_BYTES));
    Node roomier = new Node("roomier", false, false, false, 0, 0, 301, 500);
    assertEquals(List.of(roomier, FITS), NodeOrder.of(List.of(FITS, roomier), MODEL_BYTES));
  }
}
