package io.slinfer.model.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.slinfer.model.chat.ChatTemplateException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The public face of the chat templates: bounds, threads, fallbacks, and kinds of failure. */
final class ChatTemplatesTest {

  private static final int SMALL_STACK_BYTES = 512 << 10;

  private static Kind failureOf(String source, Map<String, Object> variables) {
    return assertThrows(
            ChatTemplateException.class, () -> ChatTemplates.compile(source).render(variables))
        .kind();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% set n = namespace(s='x') %}{% for a in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}",
        "{% set n = namespace(l=[1]) %}{% for a in range(99) %}{% set n.l = n.l + n.l %}{% endfor %}",
        "{% set n = namespace(l=[1]) %}{% for a in range(60) %}{% set n.l = [n.l, n.l] %}{% endfor %}{{ n.l }}",
        "{% set n = namespace(l=[1]) %}{% for a in range(60) %}{% set n.l = [n.l, n.l] %}{% endfor %}{{ n.l|tojson }}",
        "{% set n = namespace(l=[1]) %}{% for a in range(60) %}{% set n.l = [n.l, n.l] %}{% endfor %}{{ n.l == n.l + [] }}",
        "{% set n = namespace(l=[1]) %}{% for a in range(9999) %}{% set n.l = [n.l] %}{% endfor %}{{ n.l }}",
        "{% set n = namespace(i=3) %}{% for a in range(99) %}{% set n.i = n.i * n.i %}{% endfor %}",
        "{{ 9 ** 99999999 }}",
        "{{ 'x' * 999999999 }}",
        "{{ [1] * 999999999 }}",
        "{{ 'x'.center(999999999) }}",
        "{{ 'x'|indent(999999999) }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '{:999999999}'.format(1) }}",
        "{{ [1]|batch(999999999, 'x')|list }}",
        "{{ [1]|tojson(indent=999999999) }}",
        "{{ ('a' * 9999999).replace('', 'b' * 99999) }}",
        "{{ range(999999999) }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% set n = namespace() %}{% set n.n = n %}{{ n }}",
        "{% for a in range(99999) %}{{ 'x' * 9999 }}{% endfor %}"
      })
  void hostileTemplatesEndWithALimit(String source) {
    assertTimeoutPreemptively(
        Duration.ofSeconds(20), () -> assertEquals(Kind.LIMIT, failureOf(source, Map.of())));
  }

  @Test
  void deepNestingIsRefusedOnASmallStack() throws InterruptedException {
    List<String> sources =
        List.of(
            "{{ " + "(".repeat(9999) + "1" + ")".repeat(9999) + " }}",
            "{{ " + "[".repeat(9999) + "]".repeat(9999) + " }}",
            "{{ " + "not ".repeat(9999) + "1 }}",
            "{{ " + "- ".repeat(9999) + "1 }}",
            "{{ 1" + " + 1".repeat(9999) + " }}",
            "{{ 'a'" + "|upper".repeat(9999) + " }}",
            "{{ x" + ".y".repeat(9999) + " }}",
            "{{ 1" + " if 1 else 1".repeat(9999) + " }}",
            "{% if 1 %}".repeat(9999) + "{% endif %}".repeat(9999),
            "{% macro f(x) %}{% if 1 %}{{ f([x]) ~ [(f(1))] }}{% endif %}{% endmacro %}{{ f(1) }}",
            "{% set n = namespace(l=[1]) %}{% for a in range(999) %}{% set n.l = [n.l] %}{% endfor %}"
                + "{{ n.l|tojson }}");
    List<Object> outcomes = new ArrayList<>();
    Thread thread =
        new Thread(
            null,
            () -> {
              for (String source : sources) {
                try {
                  outcomes.add(ChatTemplates.compile(source).render(Map.of()));
                } catch (ChatTemplateException refused) {
                  outcomes.add(refused.kind());
                } catch (StackOverflowError overflow) {
                  outcomes.add(overflow);
                }
              }
            },
            "small-stack",
            SMALL_STACK_BYTES);
    thread.start();
    thread.join();
    assertEquals(
        List.of(
            Kind.SYNTAX,
            Kind.SYNTAX,
            Kind.SYNTAX,
            Kind.SYNTAX,
            Kind.LIMIT,
            Kind.LIMIT,
            Kind.LIMIT,
            Kind.SYNTAX,
            Kind.SYNTAX,
            Kind.LIMIT,
            Kind.LIMIT),
        outcomes);
  }

  @Test
  void deeplyNestedInputIsRefused() {
    Object nested = 1L;
    for (int i = 0; i < 100_000; i++) {
      nested = List.of(nested);
    }
    assertEquals(Kind.LIMIT, failureOf("{{ x }}", Map.of("x", nested)));
  }

  @Test
  void longConversationsStayWithinTheLimits() {
    List<Object> messages = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      messages.add(
          Map.of("role", i % 2 == 0 ? "user" : "assistant", "content", "word ".repeat(400)));
    }
    String text =
        ChatTemplates.fallback(true).render(ChatPrompt.of(messages).variables(null, null));
    assertEquals(
        2000L * 2000
            + 1000 * ("<|im_start|>user\n<|im_end|>\n".length())
            + 1000 * ("<|im_start|>assistant\n<|im_end|>\n".length())
            + "<|im_start|>assistant\n".length(),
        text.length());
  }

  @Test
  void oneTemplateServesManyThreads() throws Exception {
    ChatTemplate template =
        ChatTemplates.compile(
            "{% set ns = namespace(n=0) %}{% for x in xs %}{% set ns.n = ns.n + x %}{% endfor %}"
                + "{{ ns.n }}");
    try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
      List<Callable<String>> jobs = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        int base = i;
        jobs.add(() -> template.render(Map.of("xs", List.of(base, base, 1))));
      }
      List<Future<String>> results = pool.invokeAll(jobs);
      for (int i = 0; i < results.size(); i++) {
        assertEquals(String.valueOf(2 * i + 1), results.get(i).get());
      }
    }
  }

  @Test
  void mutatedTemplatesFailOnlyWithTemplateErrors() {
    long seed = Long.getLong("slinfer.seed", System.nanoTime());
    System.out.println("slinfer.seed=" + seed);
    Random random = new Random(seed);
    String whole =
        "{%- for m in messages if m.role != 'x' -%}{{ '<|' ~ m['role'] + '|>\\n' }}"
            + "{%- if m.content is string %}{{ m.content|trim|replace('a', 'b') }}{% else %}"
            + "{{ m|tojson(indent=2) }}{% endif %}{% endfor %}{% macro f(x, y=1) %}{{ x[1:-1] }}"
            + "{% endmacro %}{{ f('abc') }}{# c #}{% set ns = namespace(a=[1, {'b': 2.5}]) %}"
            + "{% set ns.a = ns.a[::-1] %}{{ ns.a }}{% raw %}{{ }}{% endraw %}";
    Map<String, Object> variables =
        ChatPrompt.of(List.of(Map.of("role", "user", "content", " a "))).variables("<s>", "</s>");
    for (int i = 0; i < 5000; i++) {
      StringBuilder mutant = new StringBuilder(whole);
      for (int edits = 1 + random.nextInt(4); edits > 0 && !mutant.isEmpty(); edits--) {
        int at = random.nextInt(mutant.length());
        switch (random.nextInt(3)) {
          case 0 -> mutant.deleteCharAt(at);
          case 1 -> mutant.insert(at, "{}%|'\\[]().-0~ax".charAt(random.nextInt(16)));
          default -> mutant.setLength(Math.max(1, at));
        }
      }
      try {
        ChatTemplates.compile(mutant.toString()).render(variables);
      } catch (ChatTemplateException expected) {
        assertEquals(false, expected.getMessage().isBlank(), mutant::toString);
      } catch (RuntimeException | Error unexpected) {
        throw new AssertionError("seed " + seed + ": " + mutant, unexpected);
      }
    }
  }

  @Test
  void failuresTellTheirKind() {
    assertEquals(Kind.SYNTAX, failureOf("{% if %}", Map.of()));
    assertEquals(Kind.RAISED, failureOf("{{ raise_exception('no') }}", Map.of()));
    assertEquals(Kind.UNDEFINED, failureOf("{{ a.b }}", Map.of()));
    assertEquals(Kind.RUNTIME, failureOf("{{ 1 + 'a' }}", Map.of()));
  }

  @Test
  void syntaxErrorsNameTheLine() {
    ChatTemplateException failure =
        assertThrows(ChatTemplateException.class, () -> ChatTemplates.compile("a\nb\n{{ 1 + }}\n"));
    assertEquals("template line 3: unexpected '}}'", failure.getMessage());
  }

  @Test
  void modelsWithoutATemplateGetChatMlOrPlainText() {
    List<Map<String, String>> messages =
        List.of(
            Map.of("role", "system", "content", "Be brief."),
            Map.of("role", "user", "content", "Hi\n"));
    Map<String, Object> variables = ChatPrompt.of(messages).variables("<s>", "</s>");
    assertEquals(
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi\n<|im_end|>\n"
            + "<|im_start|>assistant\n",
        ChatTemplates.fallback(true).render(variables));
    assertEquals(
        "<s>System: Be brief.\n\nUser: Hi\n\n\nAssistant:",
        ChatTemplates.fallback(false).render(variables));
  }

  @Test
  void promptsAlwaysDefineTheSixVariablesAndKwargsWin() {
    Map<String, Object> variables =
        new ChatPrompt(List.of(), null, null, false, Map.of("bos_token", "B", "thinking", true))
            .variables("<s>", null);
    assertEquals("B", variables.get("bos_token"));
    assertEquals(true, variables.get("thinking"));
    assertEquals(
        "True",
        ChatTemplates.compile(
                "{{ messages is defined and tools is none and documents is none and"
                    + " add_generation_prompt == false and eos_token is none }}")
            .render(variables));
    assertNull(variables.get("tools"));
  }

  @Test
  void callersNumbersOfAnyWidthAreRead() {
    Map<String, Object> numbers =
        Map.of("xs", Arrays.asList(1, 2L, (short) 3, (byte) 4, 1.5f, 2.5, null, true));
    assertEquals(
        "[1, 2, 3, 4, 1.5, 2.5, None, True]", ChatTemplates.compile("{{ xs }}").render(numbers));
  }
}
