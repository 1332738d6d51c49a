using System.Globalization;
using DurableSessions.Core.Commits;
using DurableSessions.Http.Errors;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Ui.Commits;

/// <summary>Which commits are shown, and in which order.</summary>
public sealed record CommitFilter
{
    private const int MaxIdLength = 128;
    private const int MaxMinutes = 525_600;

    /// <summary>Only those; <see langword="null"/>: all.</summary>
    public CommitState? State { get; init; }

    /// <summary>Only those at this step.</summary>
    public CommitStage? Stage { get; init; }

    /// <summary>Only of this account; empty: of all.</summary>
    public string Account { get; init; } = "";

    /// <summary>Only of this user.</summary>
    public string User { get; init; } = "";

    /// <summary>Only of this session.</summary>
    public string Session { get; init; } = "";

    /// <summary>Only those that were scheduled at least so many minutes ago; 0: all.</summary>
    public int Minutes { get; init; }

    /// <summary>Only those whose archive is degraded.</summary>
    public bool Degraded { get; init; }

    /// <summary>Whether the oldest comes first; otherwise the newest does.</summary>
    public bool OldestFirst { get; init; }

    /// <summary>Whether it leaves anything out.</summary>
    public bool IsSet => this with { OldestFirst = false } != new CommitFilter();

    /// <summary>As an address has it.</summary>
    public IReadOnlyList<(string Name, string? Value)> Query =>
    [
        ("state", State?.ToString().ToLowerInvariant()),
        ("stage", Stage?.ToString()),
        ("of_account", Account),
        ("of_user", User),
        ("session", Session),
        ("minutes", Minutes == 0 ? null : Minutes.ToString(CultureInfo.InvariantCulture)),
        ("degraded", Degraded ? "true" : null),
        ("order", OldestFirst ? "oldest" : null),
    ];

    /// <summary>Whether a commit is shown.</summary>
    /// <param name="row">The commit.</param>
    /// <param name="now">The time.</param>
    public bool Shows(CommitRow row, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(row);
        return (State is null || row.State == State)
            && (Stage is null || row.Stage == Stage)
            && (Account.Length == 0 || row.Account == Account)
            && (User.Length == 0 || row.User == User)
            && (Session.Length == 0 || row.Session == Session)
            && (Minutes == 0 || now - row.CreatedAt >= TimeSpan.FromMinutes(Minutes))
            && (!Degraded || row.IsDegraded);
    }

    /// <summary>Reads a filter.</summary>
    /// <param name="value">A field by its name; empty where there is none.</param>
    /// <exception cref="ApiException">A field is not valid.</exception>
    public static CommitFilter Read(Func<string, string> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new CommitFilter
        {
            State = Word<CommitState>("state"),
            Stage = Word<CommitStage>("stage"),
            Account = Id("of_account"),
            User = Id("of_user"),
            Session = Id("session"),
            Minutes = value("minutes") is not { Length: > 0 } text ? 0
                : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int minutes) && minutes <= MaxMinutes ? minutes
                : throw ApiException.Invalid(Location.Query("minutes"), $"must be a whole number from 0 to {MaxMinutes}."),
            Degraded = value("degraded") == "true",
            OldestFirst = value("order") == "oldest",
        };

        string Id(string name) => value(name) is { Length: <= MaxIdLength } id
            ? id.Trim()
            : throw ApiException.Invalid(Location.Query(name), $"must be at most {MaxIdLength} characters.");

        TWord? Word<TWord>(string name)
            where TWord : struct, Enum => value(name) is not { Length: > 0 } text ? null
            : Enum.GetNames<TWord>().Contains(text, StringComparer.OrdinalIgnoreCase) ? Enum.Parse<TWord>(text, ignoreCase: true)
            : throw ApiException.Invalid(Location.Query(name), $"must be of {string.Join(", ", Enum.GetNames<TWord>())}.");
    }

    /// <summary>Reads a filter from the query of a request.</summary>
    /// <param name="http">The request.</param>
    /// <exception cref="ApiException">A field is not valid.</exception>
    internal static CommitFilter Of(HttpContext http) => Read(name => http.Request.Query[name].ToString());
}
