using System.Text.Json.Nodes;
using DurableSessions.Server.Clients;

namespace DurableSessions.Server.Transfer;

/// <summary>What was taken, and what could not be: where it stands, and why.</summary>
internal sealed class TransferReport
{
    /// <summary>Problems that are listed one by one; of more it says how many.</summary>
    private const int MaxListed = 1_000;

    private readonly HashSet<(string File, int Line, string Why)> _problems = [];
    private readonly HashSet<string> _notes = [];
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly List<string> _gone = [];
    private int _unlisted;
    private int _goneUnlisted;

    /// <summary>Whether everything was taken.</summary>
    public bool IsClean => _problems.Count == 0;

    public void Count(string what, long more = 1) => _counts[what] = _counts.GetValueOrDefault(what) + more;

    /// <summary>What could not be taken; the same again is the same.</summary>
    public void Problem(string file, int line, string why)
    {
        if (_problems.Count < MaxListed)
        {
            _problems.Add((file, line, why));
        }
        else if (!_problems.Contains((file, line, why)))
        {
            _unlisted++;
        }
    }

    /// <summary>What is otherwise than it was, though nothing is missing.</summary>
    public void Note(string note) => _notes.Add(note);

    /// <summary>What an earlier export wrote, and the server has no longer: it stays where it is.</summary>
    public void Gone(string place)
    {
        if (_gone.Count < MaxListed)
        {
            _gone.Add(place);
        }
        else
        {
            _goneUnlisted++;
        }
    }

    public void Show(ClientRun run)
    {
        var problems = new JsonArray(
            [.. _problems.Select(static p => new JsonObject { ["file"] = p.File, ["line"] = p.Line, ["why"] = p.Why })]);
        var result = new JsonObject
        {
            ["counts"] = new JsonObject(_counts.Select(static c => KeyValuePair.Create<string, JsonNode?>(c.Key, c.Value))),
            ["notes"] = new JsonArray([.. _notes.Select(static note => (JsonNode)note)]),
            ["no_longer_on_server"] = new JsonArray([.. _gone.Select(static place => (JsonNode)place)]),
            ["no_longer_on_server_unlisted"] = _goneUnlisted,
            ["not_taken"] = problems,
            ["not_taken_unlisted"] = _unlisted,
        };
        run.Show(result, () =>
        {
            foreach ((string what, long count) in _counts)
            {
                run.Say($"{what}: {count}");
            }

            foreach (string note in _notes)
            {
                run.Say($"note: {note}");
            }

            foreach (string place in _gone)
            {
                run.Say($"no longer on the server, and left as it is: {Shown.Line(place)}");
            }

            if (_goneUnlisted > 0)
            {
                run.Say($"no longer on the server, and left as it is: {_goneUnlisted} more");
            }

            foreach ((string file, int line, string why) in _problems)
            {
                run.Say($"not taken: {Shown.Line(file)}{(line > 0 ? $", line {line}" : "")}: {Shown.Line(why)}");
            }

            if (_unlisted > 0)
            {
                run.Say($"not taken: {_unlisted} more");
            }
        });
    }
}
