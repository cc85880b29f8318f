package io.slinfer.gateway.remote;

import io.slinfer.gateway.ModelCatalogue;
import io.slinfer.gateway.ServedModel;
import io.slinfer.request.ModelId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.Message;
import java.util.Optional;

/**
 * Gives other nodes, piece by piece, what the models of this node's files speak with. Keeps the one
 * asked for last. Confined to RequestServer's event loop.
 */
final class TextPacks {

  static final int PIECE_BYTES = 256 << 10;

  private final ModelCatalogue own;
  private ServedModel packed;
  private Future<byte[]> pack;

  TextPacks(ModelCatalogue own) {
    this.own = own;
  }

  /**
   * What a node asks for.
   *
   * @param offset of the piece
   */
  record Wish(ModelId model, String fingerprint, int offset) {

    Buffer encode() {
      return new WireOut().text(model.value()).text(fingerprint).number(offset).buffer();
    }

    static Wish decode(Buffer bytes) {
      WireIn in = new WireIn(bytes);
      return new Wish(new ModelId(in.text()), in.text(), in.integer());
    }
  }

  void onMessage(Message<Buffer> message) {
    Wish wish = Wish.decode(message.body());
    Optional<ServedModel> model =
        own.find(wish.model())
            .filter(found -> found.facts().fingerprint().equals(wish.fingerprint()));
    if (model.isEmpty()) {
      message.fail(404, "model " + wish.model() + " is not here");
      return;
    }
    if (!model.get().equals(packed)) {
      packed = model.get();
      pack = Vertx.currentContext().executeBlocking(packed.textLoader()::pack, false);
    }
    pack.onSuccess(bytes -> message.reply(piece(bytes, wish.offset())))
        .onFailure(
            cause -> {
              packed = null;
              message.fail(500, cause.getMessage());
            });
  }

  /** The whole length and the piece from an offset on. */
  private static Buffer piece(byte[] bytes, int offset) {
    int from = Math.clamp(offset, 0, bytes.length);
    int length = Math.min(PIECE_BYTES, bytes.length - from);
    return new WireOut().number(bytes.length).buffer().appendBytes(bytes, from, length);
  }
}
