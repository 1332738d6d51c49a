using System.Text;
using DurableSessions.Core.Messages;

namespace DurableSessions.Ui.Content;

/// <summary>A message as a page shows it: clipped, so that a page of many is of bounded size.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Role">Who spoke.</param>
/// <param name="Peer">Whom it concerns; <see langword="null"/>: no peer is named.</param>
/// <param name="CreatedAt">When, as its client wrote it.</param>
/// <param name="Parts">At most <see cref="MaxParts"/>.</param>
/// <param name="PartsLeft">Parts that are left out.</param>
public sealed record MessageView(string Id, string Role, string? Peer, string? CreatedAt, IReadOnlyList<PartView> Parts, int PartsLeft)
{
    /// <summary>The most parts that are shown of one message.</summary>
    public const int MaxParts = 100;

    // Names that clients give, and their times, are short.
    private const int MaxName = 200;

    // All parts of one message together.
    private const int MaxCharacters = 100_000;

    internal static MessageView Of(SessionMessage message)
    {
        var parts = new List<PartView>();
        int left = 0;
        int characters = 0;
        foreach (MessagePart part in message.Parts)
        {
            if (parts.Count == MaxParts || characters > MaxCharacters)
            {
                left++;
                continue;
            }

            PartView view = PartView.Of(part);
            characters += view.Text.Length + (view.Output?.Text.Length ?? 0);
            parts.Add(view);
        }

        return new MessageView(
            message.Id, Name(message.Role)!, Name(message.PeerId), Name(message.CreatedAt), parts, left);
    }

    internal static string? Name(string? text) => text is null ? null : Shown.Of(text.Length <= MaxName ? text : text[..MaxName] + "…");
}

/// <summary>A text that may be clipped.</summary>
/// <param name="Text">Its beginning.</param>
/// <param name="Left">Characters that are left out.</param>
public sealed record ClippedText(string Text, int Left)
{
    internal static ClippedText Of(string text)
    {
        (string shown, int left) = Shown.Clip(text);
        return new ClippedText(shown, left);
    }
}

/// <summary>A part of a message as a page shows it.</summary>
/// <param name="Kind"><c>text</c>, <c>tool</c>, or the part's type.</param>
/// <param name="Tool">The name of the tool, of a call.</param>
/// <param name="Status">How the call has ended.</param>
/// <param name="Text">What was said, or what the tool was given.</param>
/// <param name="Left">Characters of it that are left out.</param>
/// <param name="Output">What the tool has answered; <see langword="null"/>: nothing, or it is no call.</param>
public sealed record PartView(string Kind, string? Tool, string? Status, string Text, int Left, ClippedText? Output)
{
    internal static PartView Of(MessagePart part)
    {
        string type = part.Type;
        ClippedText text = ClippedText.Of(type switch
        {
            "text" => part.Text ?? "",
            "context" => part.Abstract ?? "",
            "tool" => part.ToolInput?.Text() ?? "",
            _ => Encoding.UTF8.GetString(part.Utf8.Span),
        });
        ClippedText? output = type == "tool" && part.ToolOutput is { } answer ? ClippedText.Of(answer.Text()) : null;
        return new PartView(
            MessageView.Name(type)!, type == "tool" ? MessageView.Name(part.ToolName) ?? "tool" : null,
            type == "tool" ? MessageView.Name(part.ToolStatus) : null, text.Text, text.Left, output);
    }
}
