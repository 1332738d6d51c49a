namespace DurableSessions.Semantics.Extractive;

/// <summary>
/// Takes the previous overview back into the digestion: one of this processor by its structure, one of another processor by
/// its headings, items and sentences. What is older weighs less and is cut shorter, so that an overview never grows.
/// </summary>
internal static class OverviewReader
{
    private const string Heading = "## ";
    private const string Item = "- ";
    private const int CarriedLength = 150;

    public static void Read(string overview, Digestion digestion)
    {
        if (string.IsNullOrWhiteSpace(overview) || overview.Trim() == OverviewFormat.Empty)
        {
            return;
        }

        string[] lines = overview.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (lines.All(static l => l.StartsWith(Item, StringComparison.Ordinal) || IsOurs(l)) && IsOurs(lines[0]))
        {
            ReadOurs(lines, digestion);
        }
        else
        {
            digestion.IsChat = false;
            ReadForeign(overview, digestion);
        }
    }

    private static bool IsOurs(string line) =>
        line.StartsWith(Heading, StringComparison.Ordinal)
        && (line[Heading.Length..] == OverviewFormat.NamesTitle || OverviewFormat.FindSection(line[Heading.Length..]) is not null);

    private static void ReadOurs(string[] lines, Digestion digestion)
    {
        List<(Stamp Stamp, string Text)> items = [];
        StatementKind? section = null;
        foreach (string line in lines)
        {
            if (line.StartsWith(Heading, StringComparison.Ordinal))
            {
                Carry(items, section, digestion);
                section = OverviewFormat.FindSection(line[Heading.Length..]);
                digestion.IsChat = OverviewFormat.IsOfChat(line[Heading.Length..]) ?? digestion.IsChat;
            }
            else if (section is null)
            {
                ReadNames(line[Item.Length..], digestion);
            }
            else
            {
                (Stamp stamp, string text) = Stamp.Parse(line[Item.Length..]);
                items.Add((stamp, InlineText.Clean(text)));
            }
        }

        Carry(items, section, digestion);
    }

    private static void ReadForeign(string overview, Digestion digestion)
    {
        List<(Stamp Stamp, string Text)> items = [];
        StatementKind? section = null;
        foreach (TextLine line in TextLines.Of(overview))
        {
            if (line.IsHeading || (line.Text[^1] is ':' or '：' && line.Text.Length < 80))
            {
                Carry(items, section, digestion);
                section = Announcement.Of(line.Text);
                continue;
            }

            foreach (string sentence in line.IsItem && line.Text.Length <= Statement.MaxLength ? [line.Text] : Sentences.Of(line.Text))
            {
                items.Add((default, sentence));
                foreach ((NameKind kind, string name, double weight) in NameFinder.In(Clip.AtClause(sentence, Statement.MaxLength)))
                {
                    digestion.Names.Add(kind, name, weight * 1.5);
                }
            }
        }

        Carry(items, section, digestion);
    }

    // Adds the items of a section, oldest first, and empties the list.
    private static void Carry(List<(Stamp Stamp, string Text)> items, StatementKind? section, Digestion digestion)
    {
        for (int i = 0; i < items.Count; i++)
        {
            string text = Clip.AtClause(items[i].Text, section == StatementKind.Open ? Statement.MaxLength : CarriedLength);
            Signals signals = Signals.Of(text);
            int names = NameFinder.In(text).Count(static n => n.Weight >= 0.5);
            Terms terms = Terms.Of(text);
            double novelty = digestion.Familiarity.NoveltyOf(terms);
            digestion.Familiarity.Hear(terms);
            (StatementKind kind, double score) = Classifier.Classify(signals, Speaker.User, section, names, terms);
            score += kind == StatementKind.Fact ? Classifier.Novelty(novelty) : 0;
            double worth = Math.Max(0.5, Math.Min(score - (section is null ? 0 : 1), 4));
            // Rules do not age.
            double age = section == StatementKind.Preference ? 1 : 0.75 + (0.25 * (i + 1) / items.Count);
            if (terms.Count > 0)
            {
                var carried = new Statement(section ?? kind, text, digestion.Order)
                {
                    IsCarried = true,
                    Score = worth * age,
                    Stamp = items[i].Stamp,
                };
                digestion.Add(carried, reverses: false);
            }
        }

        items.Clear();
    }

    // Names are listed by weight, which is lost but for that order.
    private static void ReadNames(string line, Digestion digestion)
    {
        foreach ((NameKind kind, string label, _) in OverviewFormat.Names)
        {
            if (!line.StartsWith(label + ": ", StringComparison.Ordinal))
            {
                continue;
            }

            string[] names = line[(label.Length + 2)..].Split(OverviewFormat.Separator, StringSplitOptions.RemoveEmptyEntries);
            for (int i = 0; i < names.Length; i++)
            {
                digestion.Names.Add(kind, names[i].Trim('`'), 0.8 + (5.0 * (names.Length - i) / names.Length));
            }
        }
    }
}
