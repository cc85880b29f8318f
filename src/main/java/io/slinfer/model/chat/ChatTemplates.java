package io.slinfer.model.chat;

import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;

/**
 * Compiles chat templates: the language is Jinja with the environment that the {@code transformers}
 * library gives its chat templates, as model files expect it. {@code trim_blocks} and {@code
 * lstrip_blocks} are on; {@code break} and {@code continue} work; {@code generation} blocks render
 * their body; {@code tojson} escapes no HTML and keeps non-ASCII; {@code raise_exception} and
 * {@code strftime_now} are there; no value but a namespace can be changed. Templates cannot include
 * others.
 */
public final class ChatTemplates {

  /**
   * For models without a template whose vocabulary has {@code <|im_start|>}: ChatML, a tag with the
   * role before each message and {@code <|im_end|>} after it.
   */
  private static final String CHATML =
      """
      {%- for message in messages -%}
      {{- '<|im_start|>' ~ message.role ~ '\\n' ~ message.content ~ '<|im_end|>\\n' -}}
      {%- endfor -%}
      {%- if add_generation_prompt -%}
      {{- '<|im_start|>assistant\\n' -}}
      {%- endif -%}
      """;

  /** For other models without a template: paragraphs that begin with the speaker's role. */
  private static final String PLAIN =
      """
      {{- bos_token if bos_token is string -}}
      {%- for message in messages -%}
      {{- message.role | capitalize ~ ': ' ~ message.content ~ '\\n\\n' -}}
      {%- endfor -%}
      {%- if add_generation_prompt -%}
      {{- 'Assistant:' -}}
      {%- endif -%}
      """;

  private ChatTemplates() {}

  /**
   * Compiles a template once, to be rendered many times.
   *
   * @throws ChatTemplateException of kind SYNTAX, with the line, if the source is no template
   */
  public static ChatTemplate compile(String source) {
    return new Compiled(TemplateParser.parse(source));
  }

  /**
   * The template for a model whose file carries none.
   *
   * @param knowsChatMl whether the vocabulary has the token {@code <|im_start|>}: then ChatML, else
   *     a plain text with a paragraph a message
   */
  public static ChatTemplate fallback(boolean knowsChatMl) {
    return compile(knowsChatMl ? CHATML : PLAIN);
  }

  private record Compiled(List<Statement> body) implements ChatTemplate {

    @Override
    public String render(Map<String, Object> variables, LocalDateTime now) {
      Scope scope = new Scope(Globals.scope(now));
      variables.forEach((name, value) -> scope.set(name, Values.imported(value)));
      return new Interpreter().render(body, scope);
    }
  }
}
