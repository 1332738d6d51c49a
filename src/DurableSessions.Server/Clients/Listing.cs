using System.Text.Json;
using Spectre.Console;

namespace DurableSessions.Server.Clients;

/// <summary>A column of a listing.</summary>
/// <param name="Title">Its head.</param>
/// <param name="Of">What it shows of an item.</param>
/// <param name="IsWhole">Whether it is never broken, as an id is not, so that it can be copied.</param>
internal sealed record Column(string Title, Func<JsonElement, string> Of, bool IsWhole = false)
{
    /// <summary>A field as it is.</summary>
    public Column(string title, string field, bool isWhole = false)
        : this(title, item => Json.Text(item, field), isWhole)
    {
    }

    /// <summary>A time to the second, UTC.</summary>
    public static Column Time(string title, string field) => new(title, item => Short(Json.Text(item, field)), IsWhole: true);

    /// <summary>The first second of a time as the API writes it.</summary>
    public static string Short(string time) => time is [_, _, _, _, '-', _, _, '-', _, _, 'T', ..] && time.Length >= 19
        ? time[..19].Replace('T', ' ')
        : time;
}

/// <summary>Items for people: a table, or, where whole columns leave no room in a narrow terminal, a block of lines for each.</summary>
internal static class Listing
{
    private const int LeastWidth = 12;

    // A column has a space on each side, and a border.
    private const int Around = 3;

    public static void Write(IAnsiConsole console, IReadOnlyList<JsonElement> items, params IReadOnlyList<Column> columns)
    {
        List<string[]> rows = [.. items.Select(item => columns.Select(column => Shown.Line(column.Of(item))).ToArray())];
        int least = 1 + columns.Select((column, i) => Around + (column.IsWhole
            ? rows.Select(row => row[i].Length).Append(column.Title.Length).Max()
            : Math.Max(LeastWidth, column.Title.Length))).Sum();
        if (least > console.Profile.Width)
        {
            WriteBlocks(console, rows, columns);
            return;
        }

        var table = new Table { Border = TableBorder.Simple, UseSafeBorder = true };
        foreach (Column column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column.Title)) { NoWrap = column.IsWhole });
        }

        foreach (string[] row in rows)
        {
            table.AddRow(row.Select(static cell => new Text(cell)));
        }

        console.Write(table);
    }

    /// <summary>One thing, a line for each field.</summary>
    public static void Write(IAnsiConsole console, JsonElement item, params IReadOnlyList<Column> columns) =>
        WriteBlocks(console, [[.. columns.Select(column => Shown.Line(column.Of(item)))]], columns);

    private static void WriteBlocks(IAnsiConsole console, List<string[]> rows, IReadOnlyList<Column> columns)
    {
        TextWriter output = console.Profile.Out.Writer;
        int width = columns.Max(static column => column.Title.Length) + 1;
        for (int row = 0; row < rows.Count; row++)
        {
            if (row > 0)
            {
                output.WriteLine();
            }

            for (int i = 0; i < columns.Count; i++)
            {
                if (rows[row][i].Length > 0)
                {
                    output.WriteLine($"{$"{columns[i].Title}:".PadRight(width)} {rows[row][i]}");
                }
            }
        }
    }
}
