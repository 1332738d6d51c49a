using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using DurableSessions.Core.Messages;
using Microsoft.ML.Tokenizers;

namespace DurableSessions.Semantics.Chat;

/// <summary>
/// Cuts a conversation into windows that fit a model. Long texts are shortened: a tool's input to 500 characters, its output to the first
/// 1,500 and the last 500, a message that alone is longer than a window to its beginning and its end.
/// </summary>
internal static class ConversationWindows
{
    private const int ToolInput = 500;
    private const int ToolOutputHead = 1_500;
    private const int ToolOutputTail = 500;
    private const int TokensAround = 24;
    private const string Mark = " […] ";

    /// <summary>The windows in order; each has at most <paramref name="maxTokens"/> tokens, and at least one message.</summary>
    public static async IAsyncEnumerable<IReadOnlyList<PromptMessage>> OfAsync(
        IAsyncEnumerable<SessionMessage> messages,
        Tokenizer tokenizer,
        int maxTokens,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<PromptMessage> window = [];
        int tokens = 0;
        await foreach (SessionMessage message in messages.WithCancellation(cancellationToken))
        {
            PromptMessage shown = Fit(Show(message), tokenizer, maxTokens);
            int own = Count(shown, tokenizer);
            if (window.Count > 0 && tokens + own > maxTokens)
            {
                yield return window;
                window = [];
                tokens = 0;
            }

            window.Add(shown);
            tokens += own;
        }

        if (window.Count > 0)
        {
            yield return window;
        }
    }

    private static PromptMessage Show(SessionMessage message)
    {
        var text = new StringBuilder();
        foreach (MessagePart part in message.Parts)
        {
            if (text.Length > 0)
            {
                text.Append('\n');
            }

            text.Append(part.Text ?? part.Abstract);
            if (part.ToolName is not null)
            {
                text.Append("tool ").Append(part.ToolName).Append(": ").Append(Cut(part.ToolInput?.Text() ?? "", ToolInput, 0))
                    .Append(" -> ").Append(Cut(part.ToolOutput?.Text() ?? "", ToolOutputHead, ToolOutputTail));
            }
        }

        return new PromptMessage(message.Role, message.CreatedAt, text.ToString());
    }

    private static PromptMessage Fit(PromptMessage message, Tokenizer tokenizer, int maxTokens)
    {
        int room = Math.Max(16, maxTokens - TokensAround);
        while (Count(message, tokenizer) > maxTokens && message.Text.Length > 32)
        {
            int head = tokenizer.GetIndexByTokenCount(message.Text, room / 2, out _, out _);
            int tail = tokenizer.GetIndexByTokenCountFromEnd(message.Text, room / 2, out _, out _);
            message = tail > head
                ? message with { Text = string.Concat(message.Text.AsSpan(0, head), Mark, message.Text.AsSpan(tail)) }
                : message with { Text = message.Text[..(message.Text.Length / 2)] };
            room = room * 3 / 4;
        }

        return message;
    }

    // Counted as JSON, as it is sent: escapes make it longer.
    private static int Count(PromptMessage message, Tokenizer tokenizer) =>
        tokenizer.CountTokens(JsonSerializer.Serialize(message, ModelQuestion.Json)) + 2;

    private static string Cut(string text, int head, int tail) => text.Length <= head + tail + Mark.Length
        ? text
        : string.Concat(text.AsSpan(0, head), Mark, text.AsSpan(text.Length - tail));
}
