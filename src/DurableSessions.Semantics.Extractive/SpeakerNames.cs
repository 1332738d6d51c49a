using System.Text.RegularExpressions;
using DurableSessions.Core.Messages;

namespace DurableSessions.Semantics.Extractive;

/// <summary>
/// Finds the name of a message's speaker: its peer id, where this is a name and one side of the conversation alone has it, or the name
/// with a colon that the text opens with, as transcripts of chats have it.
/// </summary>
internal sealed partial class SpeakerNames
{
    private const int MaxNames = 64;

    private readonly Dictionary<string, string> _roles = new(StringComparer.Ordinal);
    private readonly HashSet<string> _heard = new(StringComparer.Ordinal);

    /// <summary>How many speakers with a name were heard; at most 64 are counted.</summary>
    public int Count => _heard.Count;

    /// <summary>The speaker's name, and how many characters of the message's first text say only this.</summary>
    public (string? Name, int Prefix) Of(SessionMessage message)
    {
        string? peer = PeerOf(message);
        string first = message.Parts.Select(static p => p.Type == "text" ? p.Text : null).FirstOrDefault(static t => t is not null) ?? "";
        Match match = Opening().Match(first.Length > 80 ? first[..80] : first);
        string? opening = match.Success ? match.Groups[1].Value : null;
        bool opens = opening is not null
            && (peer is null ? message.Role is not ("assistant" or "tool") && IsName(opening) : peer == opening);
        string? name = peer ?? (opens ? opening : null);
        if (name is not null && _heard.Count < MaxNames)
        {
            _heard.Add(name);
        }

        return (name, opens ? match.Length : 0);
    }

    // A working directory, or a client's own number, is no name; nor is an id that both sides of a conversation have.
    private string? PeerOf(SessionMessage message)
    {
        if (message.PeerId is not { Length: > 0 and <= Stamp.MaxName } peer || !PeerName().IsMatch(peer))
        {
            return null;
        }

        if (!_roles.TryGetValue(peer, out string? role))
        {
            role = message.Role;
            if (_roles.Count < MaxNames)
            {
                _roles.Add(peer, role);
            }
        }

        if (role != message.Role)
        {
            _roles[peer] = "";
            return null;
        }

        return peer;
    }

    // "Decision: we stay" has no speaker.
    private static bool IsName(string opening)
    {
        string word = opening.ToLowerInvariant();
        return !word.EndsWith("ing", StringComparison.Ordinal) && !word.EndsWith("ed", StringComparison.Ordinal)
            && word.Split(' ').All(static w => CommonWords.Rarity(w) >= 1)
            && !StopWords.Contains(word) && NameFinder.MayBeName(opening);
    }

    [GeneratedRegex(@"^\s*(\p{Lu}\p{Ll}[\p{L}'’-]{0,18}(?: \p{Lu}[\p{L}'’-]{0,18})?): (?=\S)", RegexOptions.CultureInvariant)]
    private static partial Regex Opening();

    [GeneratedRegex(@"^\p{L}(?:[\p{L}.'’ _-]|[0-9](?![0-9]{3}))*$", RegexOptions.CultureInvariant)]
    private static partial Regex PeerName();
}
