package io.slinfer.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/** TCP sockets that listen. */
public final class ListeningSockets {

  private ListeningSockets() {}

  /** This process's, as hexadecimal address and port. */
  public static Set<String> own() throws IOException {
    Set<String> own = new TreeSet<>();
    try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        try {
          own.add(Files.readSymbolicLink(descriptor).toString());
        } catch (IOException closedMeanwhile) {
          continue;
        }
      }
    }
    Set<String> listening = new TreeSet<>();
    for (String table : new String[] {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
      for (String line : Files.readAllLines(Path.of(table))) {
        String[] columns = line.trim().split("\\s+");
        if (columns.length > 9
            && columns[3].equals("0A")
            && own.contains("socket:[" + columns[9] + "]")) {
          listening.add(columns[1]);
        }
      }
    }
    return listening;
  }
}
