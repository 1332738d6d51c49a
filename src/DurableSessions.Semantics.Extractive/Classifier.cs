namespace DurableSessions.Semantics.Extractive;

/// <summary>Says what a sentence is to the overview, and what it is worth.</summary>
internal static class Classifier
{
    // Fewer rare words than this, and no name: it is talk.
    private const double LeastRarity = 1.2;

    /// <summary>The least worth that gets a sentence into the choice.</summary>
    public const double Threshold = 1.0;

    /// <summary>
    /// The kind of a sentence that is no question, and its worth: below <see cref="Threshold"/> where it is not worth telling.
    /// </summary>
    /// <param name="signals">What its phrases and its form say.</param>
    /// <param name="speaker">Who says it.</param>
    /// <param name="expected">The kind that the heading or lead above it announces; <see langword="null"/> without one.</param>
    /// <param name="names">How many names it has.</param>
    /// <param name="terms">Its words that mean something.</param>
    public static (StatementKind Kind, double Score) Classify(
        Signals signals, Speaker speaker, StatementKind? expected, int names, Terms terms)
    {
        (double asked, double preference, double decision, double done, double open, double fact) = speaker switch
        {
            Speaker.User => (1.0, 1.0, 1.0, 0.75, 1.0, 1.0),
            // What a model proposes in weak words is not decided yet.
            Speaker.Assistant => (0.0, 0.3, signals[Cue.Decision] < 1.6 ? 0.4 : 0.8, 1.0, 1.0, 0.6),
            _ => (0.3, 0.5, 0.5, 0.5, 0.4, 0.5),
        };
        Span<double> scores =
        [
            signals[Cue.Request] * asked,
            signals[Cue.Preference] * preference,
            signals[Cue.Decision] * decision,
            signals[Cue.Done] * done,
            Math.Max(0.6, signals[Cue.Fact]) * fact,
            signals[Cue.Open] * open,
        ];
        if (expected is { } announced)
        {
            scores[(int)announced] += 2.2;
        }

        // What does not work is open for as long as nothing is said of its cause or its end.
        if (speaker == Speaker.User && signals.Has(Cue.Problem) && !signals.Has(Cue.Fixed) && signals[Cue.Done] < 2.1)
        {
            scores[(int)StatementKind.Open] = Math.Max(scores[(int)StatementKind.Open], scores[(int)StatementKind.Done] + 0.2);
        }

        int best = 0;
        for (int i = 1; i < scores.Length; i++)
        {
            best = scores[i] > scores[best] ? i : best;
        }

        // Where no cue says that a sentence matters, its rare words have to.
        double rare = (Math.Min(terms.Rarity, 7) * 0.15) - 0.35;
        rare *= (StatementKind)best is StatementKind.Fact or StatementKind.Asked ? 1 : 0.3;
        return ((StatementKind)best, scores[best] + rare + Information(signals, names, terms) - (signals.Has(Cue.Filler) ? 1.6 : 0));
    }

    /// <summary>What a fact is worth more or less by how new its words are: <see cref="Familiarity.NoveltyOf"/>.</summary>
    public static double Novelty(double novelty) => 0.5 * (novelty - 0.7);

    /// <summary>What a sentence tells besides its cues: names, figures, enough words and not too many.</summary>
    public static double Information(Signals signals, int names, Terms terms)
    {
        double words = Math.Min(terms.Count, signals.Words) switch
        {
            0 => -4,
            1 => -1.5,
            2 => -0.7,
            3 => 0,
            var count => Math.Min(count, 10) * 0.06,
        };
        // "A real bug." says nothing without what comes before it.
        double terse = signals.Words <= 3 && names == 0 ? 1.5 : 0;
        double talk = names == 0 && terms.Rarity < LeastRarity && terms.HanPairs == 0 ? 0.3 : 0;
        return words - terse + (Math.Min(names, 4) * 0.25) - (signals.Words > 45 ? 0.4 : 0) - talk;
    }
}
