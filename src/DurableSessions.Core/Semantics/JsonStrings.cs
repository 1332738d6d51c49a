using System.Text.Json;
using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Semantics;

/// <summary>
/// Reads strings in the JSON of a message as a processor meets them: in <see cref="MessagePart.ToolInput"/>,
/// <see cref="MessagePart.ToolOutput"/>, and parts of types that this service does not know.
/// </summary>
/// <remarks>
/// A client may send valid JSON whose strings are no valid text: an escaped half of a surrogate pair (<c>\ud800</c>). The
/// methods of System.Text.Json throw <see cref="InvalidOperationException"/> for them, these do not. The named texts of
/// <see cref="MessagePart"/> are read in the same way.
/// </remarks>
public static class JsonStrings
{
    /// <summary>
    /// The text of a string, with U+FFFD for each half of a surrogate pair; <see langword="null"/> for a JSON <c>null</c>.
    /// </summary>
    /// <param name="value">A string or <c>null</c>.</param>
    /// <exception cref="InvalidOperationException">The value is neither a string nor <c>null</c>.</exception>
    public static string? TextOf(JsonElement value) => JsonText.Of(value);

    /// <summary>The name of a property; empty where the name has half of a surrogate pair.</summary>
    /// <param name="property">A property of any object.</param>
    public static string NameOf(JsonProperty property) => JsonText.NameOf(property);
}
