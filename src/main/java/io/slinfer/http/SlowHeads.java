package io.slinfer.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.spi.transport.Transport;
import io.vertx.ext.web.RoutingContext;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes connections whose client takes too long over the head of a request, from the connection's
 * start or from the head's first byte on, however steadily its bytes trickle in. Vert.x has no such
 * timeout and tells of a connection only once the first head is whole, so this listens below it: on
 * each socket that a server accepts.
 *
 * <p>A connection over HTTP/2 is left alone after its first request: its later heads share frames
 * with pings and window updates, and are bounded by the idle timeout.
 *
 * <p>Safe for any thread; what belongs to a connection is confined to its event loop.
 */
public final class SlowHeads {

  private static final Logger LOG = LoggerFactory.getLogger(SlowHeads.class);

  private final long withinMillis;

  /** Ports of HTTP; others of the same Vert.x, such as its event bus, are not watched. */
  private final Set<Integer> ports = ConcurrentHashMap.newKeySet();

  /** The connections that are open, by their clients' addresses. */
  private final Map<String, Guard> guards = new ConcurrentHashMap<>();

  /**
   * @param withinMillis how long a head may take
   */
  public SlowHeads(long withinMillis) {
    this.withinMillis = withinMillis;
  }

  /** Watches what is accepted on a port from now on. */
  void watch(int port) {
    ports.add(port);
  }

  /** A transport that does the same and lets this watch what servers accept. */
  public io.vertx.core.transport.Transport watching(io.vertx.core.transport.Transport transport) {
    Transport watched = watched(transport.implementation());
    return new io.vertx.core.transport.Transport() {
      @Override
      public String name() {
        return transport.name();
      }

      @Override
      public boolean available() {
        return transport.available();
      }

      @Override
      public Throwable unavailabilityCause() {
        return transport.unavailabilityCause();
      }

      @Override
      public Transport implementation() {
        return watched;
      }
    };
  }

  /** The head of a request is whole; called for every request, on its event loop. */
  void headArrived(RoutingContext routing) {
    HttpServerRequest request = routing.request();
    Guard guard = guards.get(key(request.connection().remoteAddress()));
    if (guard != null) {
      guard.headArrived(request.version() == HttpVersion.HTTP_2);
      routing.addEndHandler(done -> guard.answered());
    }
    routing.next();
  }

  private static String key(SocketAddress client) {
    return client.hostAddress() + " " + client.port();
  }

  private static String key(InetSocketAddress client) {
    return client.getAddress().getHostAddress() + " " + client.getPort();
  }

  /** Watches one connection. Confined to its event loop. */
  private final class Guard extends ChannelInboundHandlerAdapter {

    private final String key;
    private ChannelHandlerContext context;
    private ScheduledFuture<?> timer;
    private int answering;
    private boolean exempt;

    Guard(String key) {
      this.key = key;
    }

    @Override
    public void channelActive(ChannelHandlerContext channel) {
      guards.put(key, this);
      context = channel;
      arm();
      channel.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext channel, Object bytes) {
      if (answering == 0 && !exempt) {
        arm();
      }
      channel.fireChannelRead(bytes);
    }

    @Override
    public void channelInactive(ChannelHandlerContext channel) {
      guards.remove(key, this);
      disarm();
      channel.fireChannelInactive();
    }

    void headArrived(boolean http2) {
      answering++;
      exempt |= http2;
      disarm();
    }

    void answered() {
      answering--;
    }

    private void arm() {
      if (timer == null) {
        timer = context.executor().schedule(this::cut, withinMillis, TimeUnit.MILLISECONDS);
      }
    }

    private void disarm() {
      if (timer != null) {
        timer.cancel(false);
        timer = null;
      }
    }

    private void cut() {
      LOG.debug("{}: no whole head within {} ms", key, withinMillis);
      context.close();
    }
  }

  /** Puts a guard before everything else on each accepted connection. */
  private final class Acceptor extends ChannelInboundHandlerAdapter {

    @Override
    public void channelRead(ChannelHandlerContext server, Object accepted) {
      if (accepted instanceof Channel channel
          && channel.remoteAddress() instanceof InetSocketAddress client
          && channel.localAddress() instanceof InetSocketAddress own
          && ports.contains(own.getPort())) {
        channel.pipeline().addFirst(new Guard(key(client)));
      }
      server.fireChannelRead(accepted);
    }
  }

  /** The same transport, with an {@link Acceptor} on its servers. */
  private Transport watched(Transport transport) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          try {
            Object answer = method.invoke(transport, arguments);
            for (Object argument : arguments == null ? new Object[0] : arguments) {
              if (argument instanceof ServerBootstrap server) {
                server.handler(new Acceptor());
              }
            }
            return answer;
          } catch (InvocationTargetException failure) {
            throw failure.getCause();
          }
        };
    return (Transport)
        Proxy.newProxyInstance(
            Transport.class.getClassLoader(), new Class<?>[] {Transport.class}, handler);
  }
}
