package io.slinfer.gateway;

import io.slinfer.metrics.ServingMeters;
import io.slinfer.node.Command.Cancel;
import io.slinfer.node.Command.Submit;
import io.slinfer.node.TokenEvent;
import io.slinfer.node.TokenOutlet;
import io.slinfer.request.Failure;
import io.slinfer.request.InferenceRequest;
import io.slinfer.request.ModelId;
import io.slinfer.request.RequestId;
import io.slinfer.request.Slo;
import io.slinfer.request.TokenRule;
import io.vertx.core.Context;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gateway of one event loop: takes generations from HTTP, finds the model, reads the prompt,
 * submits to the device and routes what comes back. Confined to its event loop, but for the outlet.
 */
public final class Gateway {

  private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);

  /** A step of many requests must not keep the event loop from whatever else it has to do. */
  private static final int EVENTS_A_TURN = 32;

  private final Context context;
  private final Thread owner = Thread.currentThread();
  private final ModelCatalogue catalogue;
  private final ModelTexts texts;
  private final Serving serving;
  private final SloRules slos;
  private final ServingMeters meters;
  private final TokenOutlet outlet;
  private final Map<RequestId, Generation> submitted = new HashMap<>();

  /** Not more than the tokens that the submitted requests may still get. */
  private final Queue<TokenEvent> arrived = new ArrayDeque<>();

  /**
   * Made on the event loop that it is confined to.
   *
   * @param context that event loop's
   */
  public Gateway(
      Context context,
      ModelCatalogue catalogue,
      ModelTexts texts,
      Serving serving,
      SloRules slos,
      ServingMeters meters) {
    this.context = context;
    this.catalogue = catalogue;
    this.texts = texts;
    this.serving = serving;
    this.slos = slos;
    this.meters = meters;
    this.outlet = events -> context.runOnContext(nothing -> take(events));
  }

  /** The models that can be called. */
  public ModelCatalogue catalogue() {
    return catalogue;
  }

  /** Models' text side, without generation. */
  public TextCalls textCalls() {
    return new TextCalls(context, catalogue, texts);
  }

  /** Starts a generation; the listener may be called before this returns. */
  public Generation start(GenerationRequest request, GenerationListener listener) {
    Generation generation = new Generation(this, request, listener);
    Optional<ServedModel> model = catalogue.find(request.model());
    if (model.isEmpty()) {
      generation.fail(unknown(request.model()));
      return generation;
    }
    texts
        .of(model.get())
        .onComplete(
            read ->
                onLoop(
                    () -> {
                      if (read.succeeded()) {
                        compileRule(generation, model.get(), read.result());
                      } else {
                        failUnreadable(generation, read.cause());
                      }
                    }));
    return generation;
  }

  private void compileRule(Generation generation, ServedModel model, ModelText text) {
    if (generation.ended()) {
      return;
    }
    FormRules.of(context, text, generation.request().form())
        .onComplete(
            rule ->
                onLoop(
                    () -> {
                      if (generation.ended()) {
                        return;
                      }
                      if (rule.succeeded()) {
                        readPrompt(generation, new Target(model, text, rule.result()));
                      } else if (rule.cause() instanceof RefusedException refusal) {
                        generation.fail(refusal.failure());
                      } else {
                        LOG.error("compiling a grammar failed", rule.cause());
                        generation.fail(new Failure.Internal("compiling the grammar failed"));
                      }
                    }));
  }

  /**
   * What a generation is to be run with.
   *
   * @param rule which tokens it may have; null if all
   */
  private record Target(ServedModel model, ModelText text, TokenRule rule) {}

  private void readPrompt(Generation generation, Target target) {
    ModelText text = target.text();
    PromptReader.read(context, text, generation.request().prompt())
        .onComplete(
            answer ->
                onLoop(
                    () -> {
                      if (generation.ended()) {
                        return;
                      }
                      if (answer.failed()) {
                        LOG.error("reading a prompt failed", answer.cause());
                        generation.fail(new Failure.Internal("reading the prompt failed"));
                        return;
                      }
                      switch (answer.result()) {
                        case PromptReader.Answer.Refused refused ->
                            generation.fail(refused.failure());
                        case PromptReader.Answer.Ids ids -> submit(generation, target, ids);
                      }
                    }));
  }

  private void submit(Generation generation, Target target, PromptReader.Answer.Ids prompt) {
    GenerationRequest request = generation.request();
    ServedModel model = target.model();
    ModelText text = target.text();
    int[] ids =
        request.prompt() instanceof Prompt.Beginning
            ? PromptReader.beginning(text.tokenizer(), prompt.ids(), model.contextTokens() - 1)
            : prompt.ids();
    int room = model.contextTokens() - ids.length;
    if (room < 1) {
      generation.fail(tooLong(model, ids.length));
      return;
    }
    Failure badBias = badBias(request, text);
    if (badBias != null) {
      generation.fail(badBias);
      return;
    }
    int maxOutputTokens =
        request.maxOutputTokens() == 0 ? room : Math.min(room, request.maxOutputTokens());
    InferenceRequest inference =
        new InferenceRequest(
            request.id(),
            request.model(),
            ids,
            maxOutputTokens,
            request.sampling().withRule(rule(target, prompt.insideReasoning())),
            request.ignoreEos() && target.rule() == null,
            slos.of(request.model(), ids.length, request.terms().slo()),
            request.arrivalNanos(),
            request.terms().caller(),
            request.terms().priority());
    Failure refusal =
        serving.submit(
            new Submit(
                inference,
                model.source(),
                text.endTokens(),
                request.terms().slo().isAny(),
                outlet));
    if (refusal != null) {
      generation.fail(refusal);
      return;
    }
    submitted.put(request.id(), generation);
    generation.submitted(
        new Generation.Start(ids, text, prompt.insideReasoning()), meters.of(request.model()));
  }

  /** An answer that begins within the reasoning obeys its rule from the reasoning's end on. */
  private static TokenRule rule(Target target, boolean insideReasoning) {
    return target.rule() != null && insideReasoning
        ? new RuleAfterReasoning(
            target.rule(),
            target.text().tokenizer(),
            target.text().style().reasoning().orElseThrow().close())
        : target.rule();
  }

  /** The refusal of a bias of a token that does not exist; null if there is none. */
  private static Failure badBias(GenerationRequest request, ModelText text) {
    int size = text.tokenizer().vocabularySize();
    for (int token : request.sampling().changes().bias().keySet()) {
      if (token >= size) {
        return new Failure.Invalid(
            "`logit_bias` has token " + token + "; allowed: 0 to " + (size - 1) + ".",
            "logit_bias",
            null);
      }
    }
    return null;
  }

  private static Failure tooLong(ServedModel model, int promptTokens) {
    return new Failure.Invalid(
        "This model's maximum context length is "
            + model.contextTokens()
            + " tokens. However, your prompt has "
            + promptTokens
            + " tokens and leaves no room for an answer. Please shorten it.",
        null,
        "context_length_exceeded");
  }

  private void failUnreadable(Generation generation, Throwable cause) {
    if (generation.ended()) {
      return;
    }
    LOG.warn("model {} cannot be read", generation.request().model(), cause);
    generation.fail(unreadable(generation.request().model(), cause));
  }

  static Failure unknown(ModelId model) {
    return new Failure.NotFound(
        "The model `" + model + "` does not exist.", "model", "model_not_found");
  }

  static Failure unreadable(ModelId model, Throwable cause) {
    return new Failure.Unavailable(
        "model " + model + " cannot be read: " + cause.getMessage(), "model_loading", 5_000);
  }

  private void take(List<TokenEvent> events) {
    boolean idle = arrived.isEmpty();
    arrived.addAll(events);
    if (idle) {
      routeSome();
    }
  }

  private void routeSome() {
    try {
      for (int i = 0; i < EVENTS_A_TURN && !arrived.isEmpty(); i++) {
        route(arrived.remove());
      }
    } finally {
      if (!arrived.isEmpty()) {
        context.runOnContext(nothing -> routeSome());
      }
    }
  }

  private void route(TokenEvent event) {
    Generation generation =
        switch (event) {
          case TokenEvent.Finished _, TokenEvent.Failed _ -> submitted.remove(event.id());
          case TokenEvent.Accepted _,
              TokenEvent.Started _,
              TokenEvent.Scored _,
              TokenEvent.Token _ ->
              submitted.get(event.id());
        };
    if (generation != null) {
      generation.onEvent(event);
    }
  }

  void cancelOnDevice(RequestId id) {
    serving.cancel(new Cancel(id, nanoTime()));
  }

  /** What a request asks for: by itself, its key, its model, or as usual. */
  Slo promise(GenerationRequest request, int promptTokens) {
    return slos.of(request.model(), promptTokens, request.terms().slo());
  }

  void judgedForCaller(String caller, String outcome) {
    meters.judgedForCaller(caller, outcome);
  }

  /** A request to a model that there is was not served for want of time or room. */
  void countRefusal(GenerationRequest request) {
    meters.of(request.model()).sloRefused();
    if (request.terms().keyed()) {
      meters.judgedForCaller(request.terms().caller(), "refused");
    }
  }

  void refused(Failure failure) {
    meters.refused(failure.reasonWord());
  }

  long nanoTime() {
    return System.nanoTime();
  }

  /** Generations that a device has. */
  public int liveGenerations() {
    return submitted.size();
  }

  private void onLoop(Runnable task) {
    if (Thread.currentThread() == owner) {
      task.run();
    } else {
      context.runOnContext(nothing -> task.run());
    }
  }
}
