using DurableSessions.Core.Messages;

namespace DurableSessions.Semantics.Extractive;

/// <summary>Reads messages in order, and takes what is worth telling into the digestion.</summary>
internal sealed class MessageReader(Digestion digestion)
{
    private const int MaxLinesInPart = 600;
    private const int MaxQuestion = 110;
    private const int MaxAnswer = 120;
    private const int MaxJoined = 200;

    private readonly ToolReader _tools = new(digestion);
    private long _order = digestion.Order;
    private PendingQuestion? _pending;
    private string? _proposal;
    private string? _before;
    private Terms _said = Terms.Of("");
    private long _begin;
    private bool _works;
    private Stamp _stamp;

    private readonly SpeakerNames _names = new();

    public void Read(SessionMessage message)
    {
        Speaker speaker = message.Role switch
        {
            "user" or "human" => Speaker.User,
            "assistant" or "model" or "ai" => Speaker.Assistant,
            _ => Speaker.Background,
        };
        (string? name, int prefix) = _names.Of(message);
        _stamp = new Stamp(Stamp.DateOf(message.CreatedAt), name);
        _begin = _order;
        _works |= speaker != Speaker.User && name is null;
        foreach (MessagePart part in message.Parts)
        {
            switch (part.Type)
            {
                case "tool":
                    _order = _tools.Read(part, _order, _stamp);
                    break;
                case "context":
                    ReadText(part.Abstract, Speaker.Background);
                    break;
                default:
                    ReadText(part.Type == "text" ? part.Text?[prefix..] : part.Text, speaker);
                    prefix = part is { Type: "text", Text: not null } ? 0 : prefix;
                    break;
            }
        }
    }

    /// <summary>Ends the reading: a question without an answer is open.</summary>
    public void Complete()
    {
        digestion.IsChat = !_works && (digestion.IsChat ?? _names.Count > 1);
        if (_pending is { } question)
        {
            _stamp = question.Stamp;
            var statement = new Statement(StatementKind.Open, Clip.AtClause(question.Text, Statement.MaxLength), _order++);
            Add(statement, 2.4 + question.Worth, reverses: false);
            _pending = null;
        }
    }

    private void ReadText(string? text, Speaker speaker)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return;
        }

        StatementKind? announced = null;
        PendingQuestion? asked = null;
        bool answers = _pending is { } pending && pending.Speaker != speaker && speaker != Speaker.Background;
        if (speaker == Speaker.User && !answers)
        {
            ReadAcceptance(text);
        }

        _proposal = speaker == Speaker.Background ? _proposal : null;
        _before = null;
        _said = Terms.Of("");
        int lines = 0;
        foreach (TextLine line in TextLines.Of(text).Take(MaxLinesInPart))
        {
            lines++;
            bool announces = line.IsHeading || line.Text[^1] is ':' or '：';
            if (announces && line.Text.Length < 100)
            {
                announced = Announcement.Of(line.Text);
                continue;
            }

            announced = line.IsItem ? announced : null;
            foreach (string sentence in Sentences.Of(line.Text))
            {
                string statement = Sentences.WithoutOpening(sentence);
                if (answers)
                {
                    answers = !Answer(sentence, statement, speaker);
                }

                // Of a long text, what comes late is material rather than talk.
                double factor = lines > 40 || (speaker == Speaker.Assistant && line.Text[0] is '"' or '“' or '「') ? 0.6 : 1;
                asked = ReadSentence(statement, speaker, announced, factor) ?? asked;
                _said = _said.With(statement);
                _before = statement.Length > 1 ? statement.Length < MaxJoined ? Dated(statement, MaxJoined) : statement : _before;
            }
        }

        _pending = asked ?? (speaker == Speaker.Background || lines == 0 ? _pending : null);
    }

    // Returns the question, if it is one that waits for an answer.
    private PendingQuestion? ReadSentence(string text, Speaker speaker, StatementKind? announced, double factor)
    {
        if (text.Length < 2)
        {
            return null;
        }

        string clipped = Dated(text, Statement.MaxLength);
        var names = NameFinder.In(RelativeDates.Without(clipped));
        foreach ((NameKind kind, string name, double weight) in names)
        {
            digestion.Names.Add(kind, name, weight * factor * (speaker == Speaker.User ? 1.6 : speaker == Speaker.Assistant ? 1 : 0.4));
        }

        Signals signals = Signals.Of(RelativeDates.Without(clipped));
        int sure = names.Count(static n => n.Weight >= 0.5);
        var statement = new Statement(StatementKind.Fact, clipped, _order++);
        double information = Classifier.Information(signals, sure, statement.Terms);
        if (signals.IsQuestion && announced is null)
        {
            bool request = speaker == Speaker.User && signals.Has(Cue.Request);
            if (request && signals[Cue.Request] + information >= Classifier.Threshold + 0.6)
            {
                Add(statement with { Kind = StatementKind.Asked }, signals[Cue.Request] + information, reverses: false);
            }

            return speaker == Speaker.Background || signals.Has(Cue.Filler) || statement.Terms.Count == 0
                ? null
                : new PendingQuestion(clipped, speaker, _stamp, information);
        }

        _proposal = speaker == Speaker.Assistant && BackReference.Proposes(clipped) ? clipped : _proposal;
        digestion.Reinforce(statement.Terms);
        (StatementKind best, double score) = Classifier.Classify(signals, speaker, announced, sure, statement.Terms);
        if (BackReference.PointsBack(clipped, statement.Terms))
        {
            if (best != StatementKind.Fact && _before is { } before && before.Length + clipped.Length < MaxJoined)
            {
                statement = new Statement(best, $"{before} {clipped}", statement.Order);
                score += Math.Max(0, 0.4 - information);
            }
            else
            {
                score -= 0.7;
            }
        }

        // What overtakes something is kept, or both would be lost.
        if (best == StatementKind.Fact)
        {
            score += Classifier.Novelty(digestion.Familiarity.NoveltyOf(statement.Terms));
        }

        digestion.Familiarity.Hear(statement.Terms);
        int ended = speaker == Speaker.Background ? 0 : digestion.Supersede(statement with { Kind = best, Stamp = _stamp }, _said, _begin);
        score = ended > 0 ? Math.Max(score + 0.6, Classifier.Threshold / factor) : score;
        if (score * factor >= Classifier.Threshold)
        {
            if (best == StatementKind.Open && Announcement.IsListOfOpen(clipped))
            {
                digestion.OutdateOpen();
                score += 1;
            }

            // What overturns something earlier is what a reader must not miss.
            bool reverses = signals.Has(Cue.Reversal);
            Add(statement with { Kind = best }, (score * factor) + (reverses ? 0.3 : 0), reverses);
        }

        return null;
    }

    // Cut before its days are looked for: so their number is bounded.
    private string Dated(string text, int max) =>
        Clip.AtClause(RelativeDates.Resolve(Clip.AtClause(text, max), _stamp.Date), max);

    // Joins the pending question with its answer. False: this sentence is no answer yet.
    private bool Answer(string sentence, string statement, Speaker speaker)
    {
        Signals signals = Signals.Of(sentence);
        PendingQuestion question = _pending!;
        string answer = statement.Length < 2 ? sentence.TrimEnd('.', '!', '。', '！') : statement;
        if (signals.IsQuestion || signals.Has(Cue.Filler) || answer.Length < 2)
        {
            return false;
        }

        if (question.Worth < -0.5 || (speaker == Speaker.Assistant && statement.Length < 2))
        {
            return true;
        }

        bool unsure = signals.Has(Cue.Unsure) && signals.Words < 25;
        bool userAnswers = speaker == Speaker.User;
        if (!unsure && ((userAnswers && signals.Words > 14) || question.Text.Length > MaxQuestion + 40))
        {
            return true;
        }

        string joined = $"{Clip.AtClause(question.Text, MaxQuestion)} — {Dated(answer, MaxAnswer)}";
        StatementKind kind = unsure ? StatementKind.Open : userAnswers ? StatementKind.Decision : StatementKind.Asked;
        double score = (unsure ? 2.0 : userAnswers ? 1.2 : 1.0) + question.Worth + (NameFinder.In(answer).Count > 0 ? 0.4 : 0);
        Add(new Statement(kind, joined, _order++), score, reverses: false);
        return true;
    }

    // What one side proposed and the other accepts is decided.
    private void ReadAcceptance(string text)
    {
        if (_proposal is not { } proposal || text.Length > 400
            || InlineText.Clean(text) is not { Length: > 0 } answer || !BackReference.Accepts(answer))
        {
            return;
        }

        var statement = new Statement(StatementKind.Decision, $"{Clip.AtClause(proposal, MaxJoined - 20)} — accepted", _order++);
        Add(statement, 1.3 + Classifier.Information(Signals.Of(proposal), NameFinder.In(proposal).Count, statement.Terms), reverses: false);
    }

    private void Add(Statement statement, double score, bool reverses)
    {
        statement.Score = score;
        digestion.Add(statement with { Stamp = _stamp }, reverses);
    }
}
