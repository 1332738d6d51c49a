using System.Runtime.CompilerServices;
using System.Text.Json;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;
using Microsoft.ML.Tokenizers;

namespace DurableSessions.Semantics.Chat;

/// <summary>
/// Cuts a conversation into windows that fit a model. Long texts are shortened: a tool's input to 500 characters, its output to the first
/// 1,500 and the last 500, the texts of a message that alone is longer than a window to their beginnings and ends.
/// </summary>
internal static class ConversationWindows
{
    private const int Name = 64;
    private const int ToolInput = 500;
    private const int ToolOutputHead = 1_500;
    private const int ToolOutputTail = 500;
    private const int ShortText = 48;
    private const int ShownParts = 16;

    // The longest that an author's name adds.
    private const int TokensOfAuthor = 4;

    /// <summary>
    /// The windows in order; each has at most <paramref name="maxTokens"/> tokens, and at least one message. Their authors are decided
    /// with <paramref name="usersBefore"/> in mind.
    /// </summary>
    public static async IAsyncEnumerable<IReadOnlyList<PromptMessage>> OfAsync(
        IAsyncEnumerable<SessionMessage> messages,
        UserPeers usersBefore,
        Tokenizer tokenizer,
        int maxTokens,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var speakers = new Speakers(usersBefore);
        List<(SessionMessage Message, PromptMessage Shown)> window = [];
        int tokens = 0;
        await foreach (SessionMessage message in messages.WithCancellation(cancellationToken))
        {
            PromptMessage shown = Fit(Show(message, window.Count + 1), tokenizer, maxTokens);
            int own = Count(shown, tokenizer);
            if (window.Count > 0 && tokens + own > maxTokens)
            {
                yield return Attribute(window, speakers);
                window = [];
                shown = shown with { Id = "m1" };
                tokens = 0;
            }

            window.Add((message, shown));
            tokens += own;
        }

        if (window.Count > 0)
        {
            yield return Attribute(window, speakers);
        }
    }

    // An author may be known only by an answer that follows.
    private static List<PromptMessage> Attribute(List<(SessionMessage Message, PromptMessage Shown)> window, Speakers speakers)
    {
        window.ForEach(w => speakers.Hear(w.Message));
        return window.ConvertAll(w => w.Shown.By(speakers.AuthorOf(w.Message)));
    }

    private static PromptMessage Show(SessionMessage message, int number) => new(
        $"m{number}",
        Shortening.Cut(message.Role, Name, 0),
        "",
        message.PeerId is { } peer ? ShowPeer(peer) : null,
        message.CreatedAt is { } at ? Shortening.Cut(at, Name, 0) : null,
        [.. message.Parts.SelectMany(Show)])
    {
        PeerId = message.PeerId,
    };

    /// <summary>A peer id as the prompt contains it.</summary>
    public static string ShowPeer(string peer) => Shortening.Cut(peer, Name / 2, Name / 2);

    private static IEnumerable<PromptPart> Show(MessagePart part)
    {
        bool isTool = part.Type == "tool" || part.ToolName is not null || part.ToolInput is not null || part.ToolOutput is not null;
        if (isTool)
        {
            yield return new PromptPart("tool")
            {
                Name = Shortening.Cut(part.ToolName ?? "", Name, 0),
                Input = Shortening.Cut(part.ToolInput?.Text() ?? "", ToolInput, 0),
                Output = Shortening.Cut(part.ToolOutput?.Text() ?? "", ToolOutputHead, ToolOutputTail),
                Text = part.Type == "tool" ? part.Text ?? part.Abstract : null,
            };
        }

        if (part.Type is "text" or "" && part.Text is { } text)
        {
            yield return new PromptPart("text") { Text = text };
        }
        else if (!isTool)
        {
            yield return (part.Text ?? part.Abstract) is { } material
                ? new PromptPart("context") { Name = Shortening.Cut(part.Type, Name, 0), Text = material }
                : new PromptPart("other") { Name = Shortening.Cut(part.Type, Name, 0) };
        }
    }

    // In each round every text that is not short loses a share of its middle; then parts in the middle are left out.
    private static PromptMessage Fit(PromptMessage message, Tokenizer tokenizer, int maxTokens)
    {
        for (int tokens = Count(message, tokenizer); tokens > maxTokens; tokens = Count(message, tokenizer))
        {
            double kept = Math.Min(0.9, 0.95 * maxTokens / tokens);
            bool isLong = message.Parts.Any(static p => Longest(p) > ShortText);
            message = isLong
                ? message with { Parts = [.. message.Parts.Select(p => p.Shorten(text => Shorten(text, kept)))] }
                : message.Parts.Count > ShownParts
                    ? message with { Parts = LeaveOut(message.Parts) }
                    : message;
            if (!isLong && message.Parts.Count <= ShownParts)
            {
                break;
            }
        }

        return message;
    }

    private static int Longest(PromptPart part) =>
        Math.Max(part.Text?.Length ?? 0, Math.Max(part.Input?.Length ?? 0, part.Output?.Length ?? 0));

    private static string Shorten(string text, double kept)
    {
        int half = Math.Max(ShortText - Shortening.Mark.Length, (int)(text.Length * kept) - Shortening.Mark.Length) / 2;
        return text.Length <= ShortText ? text : Shortening.Cut(text, half, half);
    }

    // Half of the parts stay: a quarter at the beginning, a quarter at the end.
    private static List<PromptPart> LeaveOut(IReadOnlyList<PromptPart> parts)
    {
        int side = parts.Count / 4;
        IEnumerable<PromptPart> middle = parts.Skip(side).Take(parts.Count - (2 * side));
        return
        [
            .. parts.Take(side),
            new PromptPart(middle.Any(static p => p.IsMaterial) ? "tool" : "omitted") { Text = Shortening.Mark.Trim() },
            .. parts.TakeLast(side),
        ];
    }

    // Counted as JSON, as it is sent: escapes make it longer.
    private static int Count(PromptMessage message, Tokenizer tokenizer) =>
        tokenizer.CountTokens(JsonSerializer.Serialize(message, ModelQuestion.Json)) + 2 + TokensOfAuthor;
}
