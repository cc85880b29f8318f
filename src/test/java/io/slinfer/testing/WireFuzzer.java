package io.slinfer.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * Sends damaged requests, each on its own connection: values of the wrong kind, bytes changed,
 * heads and lengths that lie, chunks cut anywhere, and hangs up at random bytes. One thread.
 */
public final class WireFuzzer {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int ANSWER_MILLIS = 20_000;

  /** How long to listen to an answer where the server may rightly wait for more bytes. */
  private static final int GLANCE_MILLIS = 5;

  private static final List<String> NASTY =
      List.of(
          "null",
          "true",
          "-1",
          "0",
          "1e999",
          "1e-999",
          "9223372036854775808",
          "\"\"",
          "[]",
          "{}",
          "\"\\u0000\"",
          "\"\\ud800\"",
          "[[[[[[[[[[]]]]]]]]]]",
          "{\"type\":\"nothing\"}",
          "128",
          "\"<|im_end|>\"",
          "[null]",
          "0.5",
          "[\"a\",5]",
          "\"" + "long ".repeat(500) + "\"");

  private final int port;
  private final Random random;
  private final List<Template> templates;
  private final Map<Integer, Integer> statuses = new TreeMap<>();
  private final List<String> wrong = new ArrayList<>();

  /** A request that is right. */
  public record Template(String method, String path, JsonNode body) {}

  public WireFuzzer(int port, long seed, List<Template> templates) {
    this.port = port;
    this.random = new Random(seed);
    this.templates = templates;
  }

  /** The answers by status; 0 is none. */
  public Map<Integer, Integer> statuses() {
    return statuses;
  }

  /** What must not happen, with the request that brought it about. */
  public List<String> wrong() {
    return wrong;
  }

  public void run(int requests) throws IOException {
    for (int i = 0; i < requests && wrong.size() < 5; i++) {
      Template template = templates.get(random.nextInt(templates.size()));
      switch (random.nextInt(6)) {
        case 0, 1 -> answered(request(template, wrongValue(template.body()), "", false));
        case 2 -> answered(request(template, damagedText(template.body()), "", false));
        case 3 ->
            answered(request(template, text(template.body()), oddHeaders(), random.nextBoolean()));
        case 4 ->
            glance(damaged(request(template, text(template.body()), "", random.nextBoolean())));
        default -> hangUp(request(template, text(template.body()), "", random.nextBoolean()));
      }
    }
  }

  // What is sent.

  private static String text(JsonNode body) {
    return body == null ? "" : body.toString();
  }

  /** The body with one value replaced, somewhere in it. */
  private String wrongValue(JsonNode body) {
    if (body == null) {
      return "";
    }
    JsonNode copy = body.deepCopy();
    JsonNode at = copy;
    while (true) {
      int size = at.size();
      if (size == 0) {
        return copy.toString();
      }
      int index = random.nextInt(size);
      JsonNode child;
      String name = null;
      if (at instanceof ObjectNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        name = names.get(index);
        child = object.get(name);
      } else {
        child = at.get(index);
      }
      if (child.size() > 0 && random.nextInt(3) > 0) {
        at = child;
        continue;
      }
      JsonNode nasty = nasty();
      if (at instanceof ObjectNode object) {
        object.set(name, nasty);
      } else if (at instanceof ArrayNode array) {
        array.set(index, nasty);
      }
      return copy.toString();
    }
  }

  private JsonNode nasty() {
    try {
      return JSON.readTree(NASTY.get(random.nextInt(NASTY.size())));
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private String damagedText(JsonNode body) {
    StringBuilder text = new StringBuilder(text(body));
    for (int i = random.nextInt(4); i >= 0 && !text.isEmpty(); i--) {
      int at = random.nextInt(text.length());
      switch (random.nextInt(4)) {
        case 0 -> text.deleteCharAt(at);
        case 1 -> text.insert(at, (char) random.nextInt(0x250));
        case 2 -> text.setLength(at);
        default -> text.setCharAt(at, "{}[]\",:\\e-0".charAt(random.nextInt(11)));
      }
    }
    return text.toString();
  }

  private String oddHeaders() {
    return switch (random.nextInt(8)) {
      case 0 -> "Authorization: Bearer " + "x".repeat(random.nextInt(2_000)) + "\r\n";
      case 1 -> "X-Request-Id: " + (char) (33 + random.nextInt(200)) + "\r\n";
      case 2 -> "Origin: null\r\nAccess-Control-Request-Method: POST\r\n";
      case 3 -> "Expect: 100-continue\r\n";
      case 4 -> "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAAA\r\n";
      case 5 -> "X-Long: " + "y".repeat(random.nextInt(40_000)) + "\r\n";
      case 6 -> "Content-Type: text/" + random.nextInt() + "\r\n";
      default -> "Accept-Encoding: gzip;q=x\r\nRange: bytes=1-0\r\n";
    };
  }

  private byte[] request(Template template, String body, String headers, boolean chunked)
      throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String head = template.method() + " " + template.path() + " HTTP/1.1\r\nHost: fuzz\r\n";
    String type = headers.contains("Content-Type") ? "" : "Content-Type: application/json\r\n";
    String close = headers.contains("Connection") ? "" : "Connection: close\r\n";
    String length =
        chunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: " + bytes.length + "\r\n";
    out.write((head + type + headers + close + length + "\r\n").getBytes(StandardCharsets.UTF_8));
    if (!chunked) {
      out.write(bytes);
      return out.toByteArray();
    }
    int at = 0;
    while (at < bytes.length) {
      int size = 1 + random.nextInt(bytes.length - at);
      out.write((Integer.toHexString(size) + "\r\n").getBytes(StandardCharsets.UTF_8));
      out.write(bytes, at, size);
      out.write("\r\n".getBytes(StandardCharsets.UTF_8));
      at += size;
    }
    out.write("0\r\n\r\n".getBytes(StandardCharsets.UTF_8));
    return out.toByteArray();
  }

  private byte[] damaged(byte[] request) {
    byte[] damaged = request.clone();
    for (int i = random.nextInt(8); i >= 0; i--) {
      damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
    }
    return random.nextBoolean() ? damaged : Arrays.copyOf(damaged, random.nextInt(damaged.length));
  }

  // How it is sent.

  /** A request whose framing is right: an answer must come. */
  private void answered(byte[] request) throws IOException {
    try (Socket socket = connect(ANSWER_MILLIS)) {
      send(socket, request);
      // An upgrade is answered in frames: its first bytes are enough.
      boolean upgrade = new String(request, StandardCharsets.ISO_8859_1).contains("Upgrade: h2c");
      judge(request, upgrade ? some(socket) : all(socket), true);
    } catch (SocketTimeoutException stuck) {
      wrong.add("no end within " + ANSWER_MILLIS + " ms: " + shown(request));
    }
  }

  /** A request whose framing may be broken: an answer may come. */
  private void glance(byte[] request) throws IOException {
    try (Socket socket = connect(GLANCE_MILLIS)) {
      send(socket, request);
      judge(request, some(socket), false);
    } catch (SocketTimeoutException waits) {
      count(0);
    }
  }

  private void hangUp(byte[] request) throws IOException {
    try (Socket socket = connect(ANSWER_MILLIS)) {
      boolean whole = random.nextInt(3) == 0;
      int length = whole ? request.length : random.nextInt(request.length);
      send(socket, Arrays.copyOf(request, length));
      if (whole && random.nextBoolean()) {
        some(socket);
      }
      if (random.nextBoolean()) {
        socket.setSoLinger(true, 0);
      }
      count(0);
    }
  }

  private Socket connect(int timeoutMillis) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(timeoutMillis);
    return socket;
  }

  private void send(Socket socket, byte[] request) throws IOException {
    try {
      int cut = random.nextInt(request.length + 1);
      socket.getOutputStream().write(request, 0, cut);
      socket.getOutputStream().write(request, cut, request.length - cut);
    } catch (SocketException closedEarly) {
      // The server has seen enough; what it said may still be read.
    }
  }

  private static byte[] all(Socket socket) throws IOException {
    try {
      return socket.getInputStream().readAllBytes();
    } catch (SocketException reset) {
      return new byte[0];
    }
  }

  private static byte[] some(Socket socket) throws IOException {
    try {
      byte[] buffer = new byte[4_096];
      int count = socket.getInputStream().read(buffer);
      return Arrays.copyOf(buffer, Math.max(0, count));
    } catch (SocketException reset) {
      return new byte[0];
    }
  }

  private void judge(byte[] request, byte[] answer, boolean due) {
    String text = new String(answer, StandardCharsets.UTF_8);
    int status = 0;
    if (text.startsWith("HTTP/1.1 ") && text.length() > 12) {
      status = Integer.parseInt(text.substring(9, 12));
    }
    count(status);
    boolean internal = status == 500 || text.contains("\"internal_error\"");
    if (internal || status > 503 || text.contains("\uFFFD") && due && status == 0) {
      wrong.add(shown(request) + "\n=> " + text);
    }
  }

  private void count(int status) {
    statuses.merge(status, 1, Integer::sum);
  }

  private static String shown(byte[] request) {
    String text = new String(request, StandardCharsets.UTF_8);
    return text.length() < 2_000 ? text : text.substring(0, 2_000) + "...";
  }
}
