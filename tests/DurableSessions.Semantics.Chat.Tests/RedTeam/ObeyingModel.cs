using System.Text.Json;

namespace DurableSessions.Semantics.Chat.Tests.RedTeam;

/// <summary>
/// A model that does all that it reads: of each text with a known mark, anywhere in a question, it answers with the changes that the text
/// asks for, repeats it in the overview, and stores it as a memory that the mark names.
/// </summary>
internal sealed class ObeyingModel
{
    private readonly Dictionary<string, (string Text, IReadOnlyList<string> Asks, bool IsRepeated)> _known = [];
    private readonly List<(bool IsOwners, IReadOnlyList<string> Obeyed)> _answers = [];

    public ObeyingModel() => Model = new InProcessModel { Says = Answer };

    public InProcessModel Model { get; }

    /// <summary>The questions in order: whether each was of the owner's words alone, and the marks that it contained.</summary>
    public IReadOnlyList<(bool IsOwners, IReadOnlyList<string> Obeyed)> Answers => _answers;

    public ObeyingModel Knows(Injection injection)
    {
        _known[injection.Mark] = (injection.Text, injection.Asks, true);
        return this;
    }

    /// <summary>What the owner says is carried out too, and is not repeated.</summary>
    public ObeyingModel Knows(string text, params string[] asks)
    {
        _known[text] = (text, asks, false);
        return this;
    }

    private string Answer(JsonElement question)
    {
        JsonElement document = StubModel.Document(question);
        string seen = string.Join('\n', Strings(document));
        string[] obeyed = [.. _known.Keys.Where(mark => seen.Contains(mark, StringComparison.OrdinalIgnoreCase))];
        _answers.Add((!document.TryGetProperty("previous_overview", out _), obeyed));
        return StubModel.Digest(
            "A conversation",
            "Overview " + string.Join('\n', obeyed.Where(m => _known[m].IsRepeated).Select(m => _known[m].Text)),
            [
                .. obeyed.Where(m => _known[m].IsRepeated).Select(m => Change($"create entities/{m} {_known[m].Text}")),
                .. obeyed.SelectMany(m => _known[m].Asks).Select(Change),
            ]);
    }

    private static object Change(string asked)
    {
        string[] words = asked.Split(' ', 3);
        string[] memory = words[1].Split('/');
        return new { operation = words[0], category = memory[0], name = memory[1], content = words.Length > 2 ? words[2] : "" };
    }

    private static IEnumerable<string> Strings(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => [json.GetString()!],
        JsonValueKind.Array => json.EnumerateArray().SelectMany(Strings),
        JsonValueKind.Object => json.EnumerateObject().SelectMany(static p => Strings(p.Value)),
        _ => [],
    };
}
