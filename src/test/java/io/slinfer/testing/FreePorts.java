package io.slinfer.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Ports for servers that must know each other's before they start. */
public final class FreePorts {

  private FreePorts() {}

  /** The first of so many ports in a row that are free, outside the range of outgoing ones. */
  public static int next(int count) {
    while (true) {
      int first = ThreadLocalRandom.current().nextInt(20_000, 30_000);
      if (areFree(first, count)) {
        return first;
      }
    }
  }

  private static boolean areFree(int first, int count) {
    for (int port = first; port < first + count; port++) {
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        assert socket.isBound();
      } catch (IOException taken) {
        return false;
      }
    }
    return true;
  }
}
