using System.Text;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Semantics.Extractive;

/// <summary>Chooses what the overview says, and writes it.</summary>
internal sealed class OverviewWriter(Digestion digestion)
{
    private const double Same = 0.7;

    // A number out of its sentence tells something only if the user said it, or it came up more than once.
    private const double FigureWorthTelling = 1.6;

    // Of two statements that tell as much, the shorter one leaves room for a third.
    private const double PerCharacter = 0.002;

    // A day that was resolved cannot be found again anywhere else.
    private const double OfDay = 0.5;

    // What an archive that has its share already has to be worth more for, by each further share of it.
    private const double OverShare = 0.9;

    // Between people a cue is worth half: "always", "instead" and "tomorrow" are in every other sentence of a chat, and say little there.
    private const double CueInChat = 0.5;

    // Of a chat, a rare word that nothing chosen has yet is worth this much more.
    private const double NewInChat = 0.3;

    private readonly IReadOnlyList<(StatementKind Kind, string Title, int Share)> _sections =
        digestion.IsChat == true ? OverviewFormat.ChatSections : OverviewFormat.Sections;

    private readonly ArchiveShares _shares = new(digestion);
    private readonly List<Statement> _chosen = [];
    private readonly HashSet<StatementKind> _titled = [];
    private readonly HashSet<uint> _told = [];

    /// <summary>The overview: at most <see cref="SemanticDigest.MaxOverviewLength"/> characters.</summary>
    public string Write()
    {
        string names = Names();
        int left = SemanticDigest.MaxOverviewLength - names.Length - 2;
        foreach ((StatementKind kind, _, int share) in _sections)
        {
            int before = left;
            Choose(digestion[kind], ref left, Math.Max(0, before - share));
        }

        Choose(_sections.SelectMany(s => digestion[s.Kind]), ref left, 0);
        StringBuilder overview = new(SemanticDigest.MaxOverviewLength);
        foreach ((StatementKind kind, string title, _) in _sections)
        {
            if (!_titled.Contains(kind))
            {
                continue;
            }

            overview.Append("## ").Append(title).Append('\n');
            foreach (Statement statement in _chosen.Where(c => c.Kind == kind).OrderBy(static c => c.Order))
            {
                overview.Append("- ").Append(statement.Line).Append('\n');
            }

            overview.Append('\n');
        }

        overview.Append(names);
        return overview.Length == 0 ? OverviewFormat.Empty : overview.ToString().TrimEnd('\n') + "\n";
    }

    /// <summary>What <see cref="Write"/> chose of a kind, the most valuable first.</summary>
    public IEnumerable<Statement> Chosen(StatementKind kind) => _chosen.Where(c => c.Kind == kind).OrderByDescending(Value);

    // Takes the most valuable first, while they fit in what is left above the floor. What is taken of an archive makes the rest of it
    // worth less.
    private void Choose(IEnumerable<Statement> statements, ref int left, int floor)
    {
        List<(Statement Statement, double Value)> candidates =
            [.. statements.Select(s => (s, Value(s))).OrderByDescending(static s => s.Item2).ThenByDescending(static s => s.s.Order)];
        while (candidates.Count > 0)
        {
            (Statement Statement, double Value) best =
                candidates.MaxBy(s => s.Value + News(s.Statement) - (OverShare * _shares.Taken(s.Statement)));
            candidates.Remove(best);
            Statement statement = best.Statement;
            int heading = _titled.Contains(statement.Kind) ? 0 : Title(statement.Kind).Length + 5;
            int cost = statement.Line.Length + 3 + heading;
            if (left - cost < floor || _chosen.Any(c => ReferenceEquals(c, statement) || Says(c, statement)))
            {
                continue;
            }

            left -= cost;
            _shares.Take(statement);
            _titled.Add(statement.Kind);
            _chosen.Add(statement);
            foreach (uint term in statement.Terms.Hashes)
            {
                _told.Add(term);
            }
        }
    }

    // Whether what is chosen already says most of another statement; a longer one may still say more.
    private static bool Says(Statement chosen, Statement other) =>
        chosen.Terms.Shared(other.Terms) is >= 3 and var shared && shared >= other.Terms.Count * Same;

    // A reader learns more of ten things that are mentioned once than of one that is mentioned ten times.
    private double News(Statement statement)
    {
        if (digestion.IsChat != true)
        {
            return 0;
        }

        double all = 0;
        double news = 0;
        foreach (uint term in statement.Terms.Hashes)
        {
            double rarity = CommonWords.Rarity(term);
            all += rarity;
            news += _told.Contains(term) ? 0 : rarity;
        }

        return all == 0 ? 0 : NewInChat * statement.Terms.Rarity * news / all;
    }

    // What was asked first is what it is all about; of what was done and of what is open, the latest matters.
    private double Value(Statement statement)
    {
        double place = (statement.Order + 1.0) / (digestion.Order + 1.0);
        double dated = statement.SaysWhen ? OfDay : 0;
        bool cued = statement.Kind is not (StatementKind.Fact or StatementKind.Done);
        double score = statement.Score * (cued && digestion.IsChat == true ? CueInChat : 1);
        return score + dated - (statement.Text.Length * PerCharacter) + statement.Kind switch
        {
            StatementKind.Asked => ReferenceEquals(statement, digestion[StatementKind.Asked][0]) ? 2 : 0,
            // A rule of the beginning holds for everything after it.
            StatementKind.Preference => 0.3 * (1 - place),
            StatementKind.Done or StatementKind.Open => 0.8 * place,
            _ => 0.2 * place,
        };
    }

    private string Title(StatementKind kind) => _sections.First(s => s.Kind == kind).Title;

    private string Names()
    {
        StringBuilder section = new();
        HashSet<string> speakers = [.. _sections.SelectMany(s => digestion[s.Kind]).Select(static s => s.Stamp.Who).OfType<string>()];
        foreach ((NameKind kind, string label, int share) in OverviewFormat.Names)
        {
            // Where every line has its day, days and figures out of their sentences tell nothing more.
            if (_shares.Count > 0 && (kind is NameKind.Date or NameKind.Figure))
            {
                continue;
            }

            List<string> chosen = [];
            int left = share - label.Length - 5;
            double least = kind == NameKind.Figure ? FigureWorthTelling : 0;
            foreach ((string name, _) in digestion.Names.Heaviest(kind).TakeWhile(n => n.Weight >= least))
            {
                if (kind == NameKind.Name && digestion.IsChat == true && IsKnown(name, speakers))
                {
                    continue;
                }

                int shorter = chosen.FindIndex(c => IsPartOf(c, name, kind));
                int cost = name.Length - (shorter >= 0 ? chosen[shorter].Length : -2 - OverviewFormat.Separator.Length);
                if (cost > left || chosen.Any(c => IsPartOf(name, c, kind)))
                {
                    continue;
                }

                left -= cost;
                if (shorter >= 0)
                {
                    chosen[shorter] = name;
                }
                else
                {
                    chosen.Add(name);
                }
            }

            if (chosen.Count > 0)
            {
                IEnumerable<string> written = chosen.Select(name => IsCode(kind) ? $"`{name}`" : InlineText.Escape(name));
                section.Append(section.Length == 0 ? $"## {OverviewFormat.NamesTitle}\n" : "").Append("- ").Append(label).Append(": ")
                    .AppendJoin(OverviewFormat.Separator, written).Append('\n');
            }
        }

        return section.ToString();
    }

    // A speaker's name opens the lines, and "Everybody" is none.
    private static bool IsKnown(string name, HashSet<string> speakers) =>
        speakers.Contains(name) || CommonWords.Rarity(name.ToLowerInvariant()) < 1;

    // Identifiers and files are written as code, so that nothing in them is read as Markdown.
    private static bool IsCode(NameKind kind) => kind is NameKind.File or NameKind.Identifier or NameKind.Reference;

    // A first name is part of the whole name, the end of a path of the path.
    private static bool IsPartOf(string part, string whole, NameKind kind) =>
        part.Length < whole.Length
        && ((whole.EndsWith(part, StringComparison.OrdinalIgnoreCase) && !char.IsLetterOrDigit(whole[^(part.Length + 1)]))
            || (kind == NameKind.Name && whole.StartsWith(part, StringComparison.OrdinalIgnoreCase) && whole[part.Length] == ' '));
}
