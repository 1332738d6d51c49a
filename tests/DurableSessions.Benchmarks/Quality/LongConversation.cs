using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace DurableSessions.Benchmarks.Quality;

/// <summary>
/// A conversation of many sittings with questions about it, as the LoCoMo data set has them; its pictures are left out.
/// </summary>
/// <remarks>Maharana et al., "Evaluating Very Long-Term Conversational Memory of LLM Agents" (2024).</remarks>
/// <param name="Sittings">The turns of each sitting, in order.</param>
/// <param name="Questions">Those whose answer was said: none that needs other knowledge or has no answer.</param>
internal sealed partial record LongConversation(IReadOnlyList<IReadOnlyList<Turn>> Sittings, IReadOnlyList<Question> Questions)
{
    // Of LoCoMo's categories 1 needs several turns, 2 asks when, 3 needs other knowledge, 4 needs one turn, 5 has no answer.
    private const int When = 2;
    private const int OtherKnowledge = 3;
    private const int NoAnswer = 5;

    public IEnumerable<Turn> Turns => Sittings.SelectMany(static s => s);

    public static IReadOnlyList<LongConversation> Read(string path)
    {
        using FileStream file = File.OpenRead(path);
        using var document = JsonDocument.Parse(file);
        return [.. document.RootElement.EnumerateArray().Select(Of)];
    }

    private static LongConversation Of(JsonElement element)
    {
        JsonElement said = element.GetProperty("conversation");
        var sittings = new List<IReadOnlyList<Turn>>();
        while (said.TryGetProperty(Name(sittings.Count + 1), out JsonElement turns))
        {
            var time = DateTime.ParseExact(
                said.GetProperty(Name(sittings.Count + 1) + "_date_time").GetString()!.ToUpperInvariant(),
                "h:mm tt 'ON' d MMMM, yyyy",
                CultureInfo.InvariantCulture);
            sittings.Add([.. turns.EnumerateArray().Select((t, i) => Turn.Of(t, time.AddMinutes(i)))]);
        }

        return new LongConversation(sittings, [.. Ask(element.GetProperty("qa"))]);
    }

    private static string Name(int sitting) => string.Create(CultureInfo.InvariantCulture, $"session_{sitting}");

    private static IEnumerable<Question> Ask(JsonElement questions)
    {
        foreach (JsonElement question in questions.EnumerateArray())
        {
            int category = question.GetProperty("category").GetInt32();
            if (category is OtherKnowledge or NoAnswer)
            {
                continue;
            }

            // A few entries name several turns in one text.
            IEnumerable<string> evidence = question.GetProperty("evidence").EnumerateArray()
                .SelectMany(static e => TurnId().Matches(e.GetString()!).Select(static m => m.Value));
            yield return new Question(
                question.GetProperty("question").GetString()!, question.GetProperty("answer").ToString(), category == When,
                evidence.ToHashSet(StringComparer.Ordinal));
        }
    }

    [GeneratedRegex("D[0-9]+:[0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex TurnId();
}
